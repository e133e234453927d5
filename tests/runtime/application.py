"""A function for the runtime: an endpoint over sources that answer when a file says so, and handlers of all kinds."""

import asyncio
import os
from pathlib import Path
from typing import Any

from fastapi import APIRouter, BackgroundTasks
from starlette.responses import Response, StreamingResponse

from fanin.compose.gateway import gateway_over
from fanin.compose.observability import configure_logs, observability
from fanin.config import parse
from fanin.engine.call import Call, Fetch, Runtime
from fanin.engine.call import Response as Answered
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared

if os.environ.get("FAILS"):
    raise ValueError("a mistake in the init phase")

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


@router.get("/behind")
async def behind(tasks: BackgroundTasks) -> dict[str, str]:
    """Work behind the answer, until a file says so."""

    async def work() -> None:
        while not (SIGNS / "behind").exists():  # noqa: ASYNC110 - by another process
            await asyncio.sleep(0.005)
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
app = gateway_over(Catalogue(config), pipelines_of(config.sources, fetches, Shared(Runtime())), routers=[router])
handler = asgi_handler(app, observability=observability(os.environ))


def plain(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Be a handler that is no application's."""
    if event.get("fails"):
        raise KeyError("a mistake")
    return {"sent": event, "id": context.aws_request_id, "left": context.get_remaining_time_in_millis() > 0}
