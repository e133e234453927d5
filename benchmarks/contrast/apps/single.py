"""What single claims are measured with: work behind an answer, a queue, a database, a busy processor, a socket."""

import asyncio
import os
import sqlite3
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import BackgroundTasks, FastAPI, WebSocket

from fanin.aws.client import Aws
from fanin.entrypoints.aws_lambda.asgi import asgi_handler

app = FastAPI()
handler = asgi_handler(app)
_COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) SELECT max(i) FROM n"
_here = threading.local()
_connections = ThreadPoolExecutor(32)
_aws: list[Aws] = []


@app.get("/nothing")
async def nothing() -> dict[str, str]:
    """Answer."""
    return {"task": "none"}


@app.get("/task/{milliseconds}")
async def with_task(milliseconds: int, tasks: BackgroundTasks) -> dict[str, str]:
    """Answer, and go on for a while behind the answer."""
    tasks.add_task(asyncio.sleep, milliseconds / 1000)
    return {"task": "behind the answer"}


@app.get("/queued")
async def queued() -> dict[str, str]:
    """Hand the work over to a queue, and answer."""
    if not _aws:
        _aws.append(Aws(os.environ, ssl.create_default_context()))
    message: Any = {"QueueUrl": os.environ["CONTRAST_QUEUE"], "MessageBody": "work"}
    await _aws[0].call("sqs", "SendMessage", message, timeout=5)
    return {"task": "in the queue"}


@app.get("/queries/{kind}/in-turn/{many}")
def queries_in_turn(kind: str, many: int) -> int:
    """Ask a database so many times, one query after another."""
    return sum(_query(kind) for _ in range(many))


@app.get("/queries/{kind}/at-once/{many}")
async def queries_at_once(kind: str, many: int) -> int:
    """Ask a database so many times at once, each over a connection in a thread of its own, as aiosqlite does."""
    loop = asyncio.get_running_loop()
    return sum(await asyncio.gather(*(loop.run_in_executor(_connections, _query, kind) for _ in range(many))))


@app.get("/busy/async")
async def busy_async() -> int:
    """Keep a processor busy on the event loop."""
    return _busy()


@app.get("/busy/threads")
def busy_threads() -> int:
    """Keep a processor busy in a thread."""
    return _busy()


@app.websocket("/echo")
async def echo(socket: WebSocket) -> None:
    """Send back what comes."""
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


def _query(kind: str) -> int:
    """Ask once: `waiting` is a query that another machine works on for 100 ms, `computing` one worked on here."""
    if not hasattr(_here, "connection"):
        _here.connection = sqlite3.connect(":memory:")
        _here.connection.create_function("wait", 1, _wait)
    found = _here.connection.execute("SELECT wait(0.1)" if kind == "waiting" else _COUNT).fetchone()[0]
    return int(found > 0)


def _wait(seconds: float) -> int:
    time.sleep(seconds)
    return 1


def _busy() -> int:
    return sum(number % 7 for number in range(200_000))
