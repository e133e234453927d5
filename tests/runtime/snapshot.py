"""A function of which a snapshot is taken: each of two environments goes on with a copy of one process.

The last hook before the snapshot forks. Of a loop over `select` with a pipe of its own nothing is shared between the
two, as of a snapshot.
"""

import asyncio
import os
import random
import selectors
import uuid
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from snapshot_restore_py import register_after_restore, register_before_snapshot

from fanin.compose.gateway import gateway
from fanin.compose.observability import observability
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.entrypoints.fastapi.sources import SourcesDep
from fanin.entrypoints.runtime.context import Context
from fanin.entrypoints.servers.asgi import invocation_of
from fanin.local.runtime.function_url import event_of
from fanin.stores.memory.table import MemoryTable
from fanin.stores.table_answers import TableAnswers

SIGNS = Path(os.environ["SIGNS"])
FAILS = os.environ.get("FAILS", "")

answers = TableAnswers(MemoryTable(("pk",), lambda: 0.0), lambda: 0.0)
router = APIRouter()


def become_two() -> None:
    """Become two processes; called last, as it is registered first."""
    if FAILS == "before":
        raise ValueError("a mistake")
    if not FAILS and not os.fork():
        # A signal to one process would wake the other: the pipe that wakes a loop is all that a fork leaves in common.
        loop._close_self_pipe()  # type: ignore[attr-defined]  # no public way
        loop._make_self_pipe()  # type: ignore[attr-defined]  # likewise


def prime() -> None:
    """Serve a request, as functions do that want to be quick after the restore; called behind fanin's own hook."""
    headers = {"lambda-runtime-aws-request-id": "prime", "lambda-runtime-deadline-ms": "9999999999999"}
    answer = handler(event_of("GET", "/who", {}), Context(headers, {}))
    (SIGNS / "primed").write_text(answer["body"])


def restored() -> None:
    """Be the function's own hook."""
    if FAILS == "after":
        raise ValueError("a mistake")
    (SIGNS / f"restored {os.getpid()}").touch()


register_before_snapshot(become_two)
register_before_snapshot(prime)
register_after_restore(restored)


@router.get("/who")
async def who(sources: SourcesDep, request: Request) -> dict[str, Any]:
    """Say what no two environments may have in common."""
    source: Any = await sources.read("s")
    trace_context = invocation_of(request.scope).trace_context
    assert trace_context
    return {
        "process": os.getpid(),
        "connection": source["connection"],
        "lease holder": answers._holder,
        "random": random.random(),
        "uuid": str(uuid.uuid4()),
        "trace": trace_context.trace_id,
        "call": trace_context.headers(trace_context.span_id())[0][1],
    }


app = gateway(Path(__file__).parent, os.environ, routers=[router])
loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
handler = asgi_handler(app, loop=loop, observability=observability(os.environ))
