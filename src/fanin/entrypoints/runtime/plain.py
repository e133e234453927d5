"""A handler that is no application's, called as AWS's own runtime calls one: one event at a time, and it may block."""

import asyncio
import json
from collections.abc import Callable, MutableMapping
from typing import Any

from fanin.entrypoints.runtime.api import Event, Invoked, RuntimeApi
from fanin.entrypoints.runtime.context import Context, trace
from fanin.entrypoints.runtime.slots import Serve


def serving(handler: Callable[[Any, Any], Any], environment: MutableMapping[str, str]) -> Serve:
    """Make what serves the events of a handler.

    Args:
        handler: takes event and context.
        environment: the function's; it is told the trace of each invocation.
    """

    async def serve(event: Event, api: RuntimeApi, answered: Callable[[], None]) -> None:
        trace.set(event.headers.get("lambda-runtime-trace-id", ""))
        environment["_X_AMZN_TRACE_ID"] = trace.get()
        invoked = Invoked.of(event)
        try:
            given = json.loads(event.body)
            answer = await asyncio.to_thread(handler, given, Context(event.headers, environment))
        except Exception as error:  # noqa: BLE001 - it is reported, as AWS's own runtime does
            await api.fail(f"/invocation/{invoked.id}/error", error, extra=invoked.extra)
        else:
            await api.respond(invoked, json.dumps(answer).encode())
        answered()

    return serve
