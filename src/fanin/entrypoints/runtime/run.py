"""The life of an environment: init, then invocations until Lambda ends the process."""

import asyncio
import json
import sys
import traceback
from collections.abc import Callable, MutableMapping
from typing import Any

from fanin.entrypoints.aws_lambda.asgi import AsgiHandler
from fanin.entrypoints.runtime.api import Event, RuntimeApi
from fanin.entrypoints.runtime.invocations import Context, Invocations

type Import = Callable[[str], Any]
"""Imports a module by its name."""


def run(environment: MutableMapping[str, str], load: Import) -> int:
    """Serve until the process is ended.

    Args:
        environment: Lambda's: where the Runtime API is, and which handler it calls.
        load: imports the handler's module.

    Returns:
        1, once the init phase has failed and that is reported.

    Raises:
        RuntimeApiError: the Runtime API is of no use any more.
    """
    api = RuntimeApi(environment["AWS_LAMBDA_RUNTIME_API"])
    try:
        module, _, name = environment["_HANDLER"].rpartition(".")
        handler = getattr(load(module.replace("/", ".")), name)
    except BaseException as error:  # noqa: BLE001 - whatever it is, Lambda is told, and the process ends
        traceback.print_exc(file=sys.stderr)
        api.fail("/init/error", error)
        return 1
    loop = handler.loop if isinstance(handler, AsgiHandler) else asyncio.new_event_loop()
    loop.run_until_complete(_serve(handler, api, environment))
    return 0


async def _serve(handler: Any, api: RuntimeApi, environment: MutableMapping[str, str]) -> None:
    if environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        api.restored()
    serve = Invocations(handler, api, environment).serve if isinstance(handler, AsgiHandler) else None
    while True:
        event = api.next()
        await (serve(event) if serve else _handle(handler, api, event, environment))
        await asyncio.sleep(0)  # an invocation may not have waited: the loop has a turn to tidy up its timers


async def _handle(handler: Any, api: RuntimeApi, event: Event, environment: MutableMapping[str, str]) -> None:
    """Call a handler that is no application's, as AWS's own runtime does: one event at a time, and it may block."""
    environment["_X_AMZN_TRACE_ID"] = event.headers.get("lambda-runtime-trace-id", "")
    context = Context(event.headers)
    try:
        answer = await asyncio.to_thread(handler, json.loads(event.body), context)
    except Exception as error:  # noqa: BLE001 - it is reported, as AWS's own runtime does
        api.fail(f"/invocation/{context.aws_request_id}/error", error)
    else:
        await api.respond(context.aws_request_id, json.dumps(answer).encode())
