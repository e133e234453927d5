"""A function for the runtime: an endpoint over sources that answer when a file says so, and handlers of all kinds."""

import asyncio
import logging
import os
import time
from pathlib import Path
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Request
from starlette.responses import Response, StreamingResponse

from fanin.compose.observability import configure_logs, observability
from fanin.config import parse
from fanin.engine.call import Call, Fetch, Runtime
from fanin.engine.call import Response as Answered
from fanin.engine.catalogue import Catalogue
from fanin.engine.clock import steady
from fanin.engine.outcome import Outcome
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.entrypoints.runtime import slots
from fanin.entrypoints.runtime.context import trace as trace_header
from fanin.entrypoints.servers.asgi import invocation_of
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared

if os.environ.get("FAILS"):
    raise ValueError("a mistake in the init phase")

slots.LAST_SECONDS = float(os.environ.get("LAST_SECONDS", slots.LAST_SECONDS))
SIGNS = Path(os.environ["SIGNS"])
"""The folder in which a file of a source's name lets it answer, and in which what has been done is noted."""

TEXT = """
fanin = 1
[sources.quick]
url = "http://a.example/quick"
[sources.slow]
url = "http://a.example/slow"
[endpoints.e]
path = "/e"
sources = ["quick", "slow"]
"""


async def fetch(call: Call) -> Outcome[Any]:
    while not (SIGNS / call.source.name).exists():  # noqa: ASYNC110 - by another process
        await asyncio.sleep(0.005)
    return Outcome(Answered(200, {"content-type": "application/json"}, b'{"a": 1}'))


router = APIRouter()


@router.get("/trace")
async def trace() -> dict[str, str]:
    """Say what the runtime has told of the invocation."""
    return {"trace": os.environ["_X_AMZN_TRACE_ID"], "loop": str(id(asyncio.get_running_loop()))}


together = asyncio.Barrier(int(os.environ.get("AWS_LAMBDA_MAX_CONCURRENCY", "1")))


@router.post("/together")
async def everybody(request: Request) -> dict[str, Any]:
    """Wait until every slot has one, and say what is known of this one: in a task, too, and in a thread."""
    body = await request.json()
    await together.wait()
    if body.get("fails"):
        raise ValueError("a mistake")
    invocation = invocation_of(request.scope)
    logging.getLogger("tests").info("in the handler", extra={"body": body["n"]})
    told = {"trace": trace_header.get(), "in a thread": await asyncio.to_thread(trace_header.get)}
    told["in a task"] = await asyncio.create_task(_traced())
    return {
        "body": body,
        "claims": dict(invocation.network.authorizer),
        "id": invocation.request_id,
        "trace id": invocation.trace_context.trace_id if invocation.trace_context else "",
        "deadline": time.time() + invocation.deadline - steady(),
        **told,
    }


async def _traced() -> str:
    await asyncio.sleep(0)
    return trace_header.get()


@router.get("/wait/{sign}")
async def wait(sign: str, request: Request) -> dict[str, Any]:
    """Note that it waits, and answer when a file says so."""
    (SIGNS / f"{sign} waits {invocation_of(request.scope).request_id}").touch()
    while not (SIGNS / sign).exists():  # noqa: ASYNC110 - by another process
        await asyncio.sleep(0.005)
    return {"process": os.getpid()}


@router.get("/cancelled")
async def cancelled() -> None:
    """Note that it is cancelled."""
    try:
        await asyncio.Event().wait()
    finally:
        (SIGNS / "cancelled").touch()


@router.get("/behind")
async def behind(request: Request, tasks: BackgroundTasks) -> dict[str, str]:
    """Work behind the answer, until a file says so."""

    async def work() -> None:
        while not (SIGNS / "behind").exists():  # noqa: ASYNC110 - by another process
            await asyncio.sleep(0.005)
        (SIGNS / f"done {invocation_of(request.scope).request_id}").touch()
        (SIGNS / "done").touch()

    tasks.add_task(work)
    return {}


@router.get("/cut")
async def cut() -> Response:
    """Fail behind the first chunk."""

    async def chunks() -> Any:
        yield b"first"
        raise ValueError("a mistake with a client's data in it")

    return StreamingResponse(chunks())


@router.get("/cookies")
async def cookies() -> Response:
    """Set two cookies."""
    response = Response(b"")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


configure_logs(os.environ)
config = parse(TEXT, {})

fetches: dict[str, Fetch] = dict.fromkeys(config.sources, fetch)
app = gateway_app(Catalogue(config), pipelines_of(config.sources, fetches, Shared(Runtime())), routers=[router])
own_loop = asyncio.new_event_loop() if os.environ.get("OWN_LOOP") else None
handler = asgi_handler(app, loop=own_loop, observability=observability(os.environ))


def plain(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Be a handler that is no application's."""
    if event.get("fails"):
        raise KeyError("a mistake")
    return {"sent": event, "id": context.aws_request_id, "left": context.get_remaining_time_in_millis() > 0}
