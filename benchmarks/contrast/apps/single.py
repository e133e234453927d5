"""What single claims are measured with: work behind an answer, a queue, a busy processor, a socket."""

import asyncio
import os
import ssl
from typing import Any

from fastapi import BackgroundTasks, FastAPI, WebSocket

from fanin.aws.client import Aws
from fanin.entrypoints.aws_lambda.asgi import asgi_handler

app = FastAPI()
handler = asgi_handler(app)
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


def _busy() -> int:
    return sum(number % 7 for number in range(200_000))
