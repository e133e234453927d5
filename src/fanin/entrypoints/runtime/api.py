"""Lambda's Runtime API, spoken on one connection that is kept."""

import asyncio
import base64
import json
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from fanin.sources.http.answer import Answer
from fanin.sources.http.failures import Broken
from fanin.sources.http.head import joined

_PATH = "/2018-06-01/runtime"
_READ = 64 * 1024
"""Bytes of one read."""
_STREAM = "application/vnd.awslambda.http-integration-response"
_OF_CONNECTIONS = frozenset(("connection", "transfer-encoding"))
_PLACE = "Lambda-Runtime-Invocation-Id"
_ERROR_TYPE, _ERROR_BODY = "Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"
_LONGEST_TRACE = 20_000
"""Characters of a stack trace that are reported."""


class RuntimeApiError(Exception):
    """The Runtime API has answered with something else than its protocol has: the environment is of no use."""


class Event(NamedTuple):
    """What Lambda hands over.

    Args:
        headers: names in lower case.
        body: the event, as JSON.
    """

    headers: Mapping[str, str]
    body: bytes


type Said = tuple[int, dict[str, str], bytes]
"""Status, headers with names in lower case, and body."""


class Invoked(NamedTuple):
    """An invocation, as its answer names it.

    Args:
        id: of the request.
        token: handed back with the answer, if Lambda gave one.
    """

    id: str
    token: str = ""

    @classmethod
    def of(cls, event: Event) -> "Invoked":
        """Read what Lambda says of an event."""
        headers = event.headers
        return cls(headers.get("lambda-runtime-aws-request-id", ""), headers.get(_PLACE.lower(), ""))

    @property
    def extra(self) -> str:
        """The lines that are handed back."""
        return f"{_PLACE}: {self.token}\r\n" if self.token else ""


class RuntimeApi:
    """The Runtime API at an address, for one invocation at a time: each slot has a connection of its own.

    Args:
        address: host and port, as `AWS_LAMBDA_RUNTIME_API` names them.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port = host, int(port)
        self._common = f" HTTP/1.1\r\nHost: {address}\r\nUser-Agent: fanin\r\n"
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def next(self) -> Event:
        """Wait for the next event, however long that takes.

        Raises:
            RuntimeApiError: there is none.
            OSError: the connection was lost.
        """
        status, headers, body = await self._ask("GET", "/invocation/next")
        if status != 200:
            raise RuntimeApiError(f"/next answered with {status}: {body[:200]!r}")
        return Event(headers, body)

    async def restored(self) -> None:
        """Wait until a snapshot of this process has been restored; no connection is kept over it.

        Raises:
            RuntimeApiError: there is no snapshot.
            OSError: the connection was lost.
        """
        status, _, said = await self._ask("GET", "/restore/next")
        await self.close()
        if status != 200:
            raise RuntimeApiError(f"/restore/next answered with {status}: {said[:200]!r}")

    async def respond(self, invocation: Invoked, body: bytes) -> None:
        """Answer an invocation with a whole body.

        Raises:
            RuntimeApiError: Lambda does not take it.
            OSError: the connection was lost.
        """
        status, _, said = await self._ask("POST", f"/invocation/{invocation.id}/response", body, invocation.extra)
        if status != 202:
            raise RuntimeApiError(f"/response answered with {status}: {said[:200]!r}")

    async def fail(self, path: str, error: BaseException, *, kind: str = "", extra: str = "") -> None:
        """Report a failure.

        Args:
            path: of what: an invocation, the init phase, a restore.
            error: what was raised.
            kind: what Lambda calls such a failure; without one, the error's type.
            extra: lines of the head.
        """
        extra += f"{_ERROR_TYPE}: {kind or _type_of(error)}\r\n"
        await self._ask("POST", path, _described(error), extra)

    async def begin_stream(self, invocation: Invoked, prelude: bytes) -> "Stream":
        """Begin to answer an invocation piece by piece.

        Args:
            invocation: which one.
            prelude: status, headers and cookies, as JSON.
        """
        _, writer = await self._connected()
        head = (
            f"POST {_PATH}/invocation/{invocation.id}/response{self._common}{invocation.extra}"
            f"Content-Type: {_STREAM}\r\n"
            "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
            f"Trailer: {_ERROR_TYPE}, {_ERROR_BODY}\r\n\r\n"
        )
        stream = Stream(self, writer)
        writer.write(head.encode())
        await stream.write(prelude + b"\0" * 8)
        return stream

    async def close(self) -> None:
        """End the connection, which AWS documents to be due after a stream."""
        if self._connection:
            _, writer = self._connection
            self._connection = None
            writer.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._connection is None or self._connection[1].is_closing():
            self._connection = await asyncio.open_connection(self._host, self._port, limit=_READ)
        return self._connection

    async def _ask(self, method: str, path: str, body: bytes = b"", extra: str = "") -> Said:
        _, writer = await self._connected()
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if method == "POST" else ""
        try:
            writer.write(f"{method} {_PATH}{path}{self._common}{extra}{length}\r\n".encode() + body)
            await writer.drain()
            return await self.answer(method)
        except BaseException:
            await self.close()  # its answer, if it still comes, must not be taken for that of what is asked next
            raise

    async def answer(self, method: str = "POST") -> Said:
        """Read the answer to what was sent last: status, headers and body.

        Raises:
            OSError: the connection was lost before its end.
        """
        stream, _ = await self._connected()
        answer, parts = Answer(method), list[bytes]()
        data = await stream.read(_READ)
        if (whole := _whole(data)) is not None:
            return whole
        while not answer.complete:
            try:
                if data:
                    parts += answer.feed(data)
                else:
                    await self.close()
                    answer.end()
            except Broken as error:
                raise ConnectionResetError(str(error)) from error
            if data and not answer.complete:
                data = await stream.read(_READ)
        assert answer.head
        if not answer.keep:
            await self.close()
        return answer.head.status, joined(answer.head.fields), b"".join(parts)


class Stream:
    """An answer that goes out piece by piece.

    Args:
        api: the Runtime API.
        writer: the connection to it.
    """

    def __init__(self, api: RuntimeApi, writer: asyncio.StreamWriter) -> None:
        self._api = api
        self._writer = writer

    async def write(self, data: bytes) -> None:
        """Send a piece; waits while Lambda takes none.

        Raises:
            OSError: the connection was lost.
        """
        if data:
            self._writer.write(b"%x\r\n%b\r\n" % (len(data), data))
            await self._writer.drain()

    async def end(self, error: BaseException | None = None) -> None:
        """End the answer.

        Args:
            error: why it is not whole; a client then knows that it is broken.
        """
        trailers = b""
        if error is not None:
            described = base64.b64encode(_described(error)).decode()
            trailers = f"{_ERROR_TYPE}: {_type_of(error)}\r\n{_ERROR_BODY}: {described}\r\n".encode()
        # Lambda may close the connection as soon as it has the trailers. If it is gone altogether, /next shows it.
        with suppress(OSError):
            self._writer.write(b"0\r\n" + trailers + b"\r\n")
            await self._writer.drain()
            await self._api.answer()
        await self._api.close()


def _whole(data: bytes) -> Said | None:
    """Read an answer that has come at once, with its length, as nearly every one does; None if it is another.

    Lambda's own needs no judge, so that it can be read in short.
    """
    section, found, body = data.partition(b"\r\n\r\n")
    status, *lines = section.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in [line.partition(":") for line in lines]}
    fits = status.startswith("HTTP/1.1 ") and headers.get("content-length") == str(len(body))
    if not found or not fits or not headers.keys().isdisjoint(_OF_CONNECTIONS):
        return None
    return int(status[9:12]), headers, body


def _type_of(error: BaseException) -> str:
    return f"Runtime.{type(error).__name__}"


def _described(error: BaseException) -> bytes:
    """Describe a failure as Lambda has it. What an exception says may hold a client's data: only its type is told."""
    lines = traceback.format_tb(error.__traceback__)
    trace = "".join(lines)[-_LONGEST_TRACE:].splitlines()
    said = {"errorMessage": "fanin failed; its log says why", "errorType": _type_of(error), "stackTrace": trace}
    return json.dumps(said).encode()
