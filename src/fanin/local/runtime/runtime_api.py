"""A Runtime API: it hands events to a runtime, and takes answers whole or chunk by chunk, with their trailers.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from fanin.local.process import ports

_PATH = "/2018-06-01/runtime"
_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:stream"
_TRACE = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"
MAX_HEAD = 64 * 1024
"""Bytes of a request's head."""


@dataclass
class Answered:
    """An invocation, as its answer comes in.

    Args:
        event: what is handed over.
        seconds: within which it has to be over.
        said: what Lambda says of it beside that, as headers.

    Attributes:
        begun: set when the answer's head is there.
        chunks: the answer's parts; None behind the last.
        mode: `buffered`, or `streaming`.
        content_type: the answer's.
        error: the type of the error with which it ended; empty without one.
        given_up: whether nobody waits for it any more.
        token: what the runtime handed back as the invocation's id.
        trailers: those of a stream, names in lower case.
    """

    event: Any
    seconds: float = 30.0
    said: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    chunks: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    mode: str = ""
    content_type: str = ""
    error: str = ""
    given_up: bool = False
    token: str = ""
    trailers: dict[str, str] = field(default_factory=dict)

    async def whole(self) -> bytes:
        """Wait for the whole answer."""
        parts: list[bytes] = []
        while (part := await self.chunks.get()) is not None:
            parts.append(part)
        return b"".join(parts)


class Conversations:
    """The conversations of a server, which end with it."""

    def __init__(self) -> None:
        self._held: set[asyncio.Task[None]] = set()

    @contextmanager
    def held(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        """Hold one, in the task that runs, until the other side has gone; `writer` is closed then."""
        task = asyncio.current_task()
        assert task
        self._held.add(task)
        try:
            yield
        except (ValueError, asyncio.IncompleteReadError, ConnectionError):  # a cut length is no number
            pass
        finally:
            self._held.discard(task)
            writer.close()

    async def end(self) -> None:
        """End them."""
        for task in (held := set(self._held)):
            task.cancel()
        if held:
            await asyncio.wait(held)


class LambdaService:
    """What stands behind a runtime: events wait for it, and its answers are taken.

    Attributes:
        address: where the Runtime API is, as `AWS_LAMBDA_RUNTIME_API` names it.
        nexts: how often the runtime has asked for an event.
        idle: how many of these wait for one.
        restored: how often it has waited for a snapshot of it to be restored.
        init_error: what it reported of its init phase, or of a restore; None if nothing.
        error_type: what kind of an error it called that.
        ready: set when it has asked for its first event, or has failed before.
    """

    def __init__(self) -> None:
        self.address = ""
        self.nexts = self.idle = self.restored = 0
        self.init_error: dict[str, Any] | None = None
        self.error_type = ""
        self.ready = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._conversations = Conversations()
        self._waiting: asyncio.Queue[Answered] = asyncio.Queue()
        self._running: dict[str, Answered] = {}

    @property
    def is_busy(self) -> bool:
        """Whether an event has been handed over and is not answered."""
        return bool(self._running)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["LambdaService"]:
        """Serve on a free port as long as the context lasts."""
        self._server = await asyncio.start_server(self._serve, ports.LOOPBACK, 0, limit=MAX_HEAD)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"
        try:
            yield self
        finally:
            self.hang_up()
            await self._conversations.end()

    def hang_up(self) -> None:
        """Close every connection of the runtime's, as no Runtime API does."""
        if self._server:
            self._server.close()
            self._server.close_clients()

    async def invoke(self, event: Any, seconds: float = 30.0, said: Mapping[str, str] | None = None) -> Answered:
        """Hand an event to the runtime, and wait until its answer begins; any number at once.

        Args:
            event: what is handed over.
            seconds: within which it has to be over.
            said: headers beside those that every event has, or in their place.

        Raises:
            TimeoutError: it has not within its seconds.
        """
        answered = Answered(event, seconds, said or {})
        await self._waiting.put(answered)
        try:
            async with asyncio.timeout(seconds):
                await answered.begun.wait()
        finally:
            answered.given_up = not answered.begun.is_set()
        return answered

    def give_up(self) -> None:
        """Wait no more for any answer that has not begun: what comes is refused, as an answer that is too late."""
        self._running.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._conversations.held(writer):
            while True:
                method, path, headers = head_of(await reader.readuntil(b"\r\n\r\n"))
                match method, path.removeprefix(_PATH).split("/")[1:]:
                    case "GET", ["invocation", "next"]:
                        await self._next(reader, writer)
                    case "GET", ["restore", "next"]:
                        self.restored += 1
                        _say(writer, 200)
                    case "POST", [("init" | "restore"), "error"]:
                        self.error_type = headers.get("lambda-runtime-function-error-type", "")
                        self.init_error = json.loads(await reader.readexactly(int(headers["content-length"])))
                        _say(writer, 202)
                        self.ready.set()
                    case "POST", ["invocation", id_, ("response" | "error") as kind]:
                        await self._take(id_, kind, headers, reader, writer)
                    case _:
                        _say(writer, 404)

    async def _next(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.nexts += 1
        self.ready.set()
        self.idle += 1
        try:
            while (answered := await self._event_for(reader)).given_up:
                pass
        finally:
            self.idle -= 1
        self._running[answered.id] = answered
        body = json.dumps(answered.event).encode()
        deadline = int((time.time() + answered.seconds) * 1000)
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": answered.id,
            "Lambda-Runtime-Deadline-Ms": f"{deadline}",
            "Lambda-Runtime-Trace-Id": _TRACE,
            "Lambda-Runtime-Invoked-Function-Arn": _ARN,
            **answered.said,
            "Content-Length": f"{len(body)}",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + body)

    async def _event_for(self, reader: asyncio.StreamReader) -> Answered:
        """Wait for the next event for a runtime; one that has ended meanwhile gets none.

        Raises:
            ConnectionResetError: it has ended.
        """
        event, end = asyncio.create_task(self._waiting.get()), asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait((event, end), return_when=asyncio.FIRST_COMPLETED)
            if not end.done():
                return event.result()
            if event.done():
                self._waiting.put_nowait(event.result())
            raise ConnectionResetError
        finally:
            event.cancel()
            end.cancel()
            await asyncio.wait((event, end))

    async def _take(
        self, id_: str, kind: str, headers: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answered = self._running.pop(id_, None)
        if answered is None:
            _say(writer, 400)
            return
        answered.mode = headers.get("lambda-runtime-function-response-mode", "buffered")
        answered.token = headers.get("lambda-runtime-invocation-id", "")
        answered.content_type = headers.get("content-type", "")
        if kind == "error":
            answered.error = headers.get("lambda-runtime-function-error-type", "Unhandled")
        answered.begun.set()
        try:
            if headers.get("transfer-encoding") == "chunked":
                async for part in chunks_of(reader, answered.trailers):
                    answered.chunks.put_nowait(part)
            else:
                answered.chunks.put_nowait(await reader.readexactly(int(headers.get("content-length", "0"))))
        except (ValueError, asyncio.IncompleteReadError, ConnectionError):
            answered.error = "Runtime.ExitError"  # what Lambda calls a runtime that has ended
            raise
        finally:
            answered.chunks.put_nowait(None)
        _say(writer, 202)


async def chunks_of(reader: asyncio.StreamReader, trailers: dict[str, str]) -> AsyncIterator[bytes]:
    """Read a body in chunks, to its end, and put its trailers into a table, names in lower case."""
    while size := int((await reader.readline()).partition(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    while line := (await reader.readline()).strip():
        name, _, value = line.decode().partition(":")
        trailers[name.lower()] = value.strip()


def head_of(section: bytes) -> tuple[str, str, dict[str, str]]:
    """Read the head of a request: method, path, and headers as `headers_of` gives them."""
    first, *lines = section.decode("latin-1").split("\r\n")[:-2]
    method, path, _ = first.split(" ")
    return method, path, headers_of(lines)


def headers_of(lines: Iterable[str]) -> dict[str, str]:
    """Read header lines as an event has them: repeated ones joined by a comma, cookies by a semicolon."""
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}{'; ' if name == 'cookie' else ','}{value}" if name in headers else value
    return headers


def _say(writer: asyncio.StreamWriter, status: int) -> None:
    body = b'{"status":"OK"}'
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
