"""Lambda's Runtime API, spoken on one connection that is kept."""

import asyncio
import base64
import json
import socket
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, NamedTuple

from fanin.sources.http.answer import Answer
from fanin.sources.http.failures import Broken
from fanin.sources.http.head import joined

_PATH = "/2018-06-01/runtime"
_READ = 64 * 1024
"""Bytes of one read."""
_OF_CONNECTIONS = frozenset(("connection", "transfer-encoding"))
_JSON = "Content-Type: application/json\r\n"
_ERROR_TYPE, _ERROR_BODY = "Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"
_STREAMED = (
    "Content-Type: application/vnd.awslambda.http-integration-response\r\n"
    "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
    f"Trailer: {_ERROR_TYPE}, {_ERROR_BODY}\r\n"
)
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


class RuntimeApi:
    """The Runtime API at an address.

    Between invocations nothing is to happen until Lambda says something, so that waiting for it may hold up the event
    loop. Within one nothing may: what is sent goes out at once, or as Lambda takes it, and the answer is read later.

    Args:
        address: host and port, as `AWS_LAMBDA_RUNTIME_API` names them.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._address = host, int(port)
        self._common = f" HTTP/1.1\r\nHost: {address}\r\nUser-Agent: fanin\r\n"
        self._next = self._head("GET", "/invocation/next") + b"\r\n"
        self._connection: socket.socket | None = None
        self._unread: Literal["", "whole", "stream"] = ""
        """What has been said last and has not been answered yet."""

    def next(self) -> Event:
        """Wait for the next event, however long that takes.

        Raises:
            RuntimeApiError: there is none, or Lambda does not take the answer to the one before.
            OSError: the connection was lost.
        """
        self._settle()
        status, headers, body = self._ask(self._next)
        if status != 200:
            raise RuntimeApiError(f"/next answered with {status}: {body[:200]!r}")
        return Event(headers, body)

    def restored(self) -> None:
        """Wait until a snapshot of this process has been restored."""
        self._ask(self._head("GET", "/restore/next") + b"\r\n")

    def fail(self, path: str, error: BaseException) -> None:
        """Report a failure: of an invocation, or of the init phase."""
        body = _described(error)
        head = self._head("POST", path, f"{_ERROR_TYPE}: {_type_of(error)}\r\n{_JSON}Content-Length: {len(body)}\r\n")
        self._ask(head + b"\r\n" + body, "POST")

    async def respond(self, invocation: str, body: bytes) -> None:
        """Answer an invocation with a whole body. Whether Lambda takes it, `next` sees.

        Raises:
            OSError: the connection was lost.
        """
        await self.send(self._whole(invocation, body))
        self._unread = "whole"

    async def begin_stream(self, invocation: str, prelude: bytes) -> "Stream":
        """Begin to answer an invocation piece by piece.

        Args:
            invocation: its id.
            prelude: status, headers and cookies, as JSON.
        """
        head = self._head("POST", f"/invocation/{invocation}/response", _STREAMED)
        await self.send(head + b"\r\n" + _chunk(prelude + b"\0" * 8))
        return Stream(self)

    async def send(self, data: bytes) -> None:
        """Send within an invocation; waits on the loop while Lambda takes no more.

        Raises:
            OSError: the connection was lost.
        """
        connection = self._connected()
        sent = 0
        with suppress(BlockingIOError):
            sent = connection.send(data, socket.MSG_DONTWAIT)
        if sent < len(data):
            connection.settimeout(0.0)
            try:
                await asyncio.get_running_loop().sock_sendall(connection, memoryview(data)[sent:])
            finally:
                connection.settimeout(None)

    def stream_ended(self) -> None:
        """Hear that all of a stream has been sent."""
        self._unread = "stream"

    def close(self) -> None:
        """End the connection."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _settle(self) -> None:
        """Read what Lambda says to the answer of the invocation before.

        A connection is documented to be closed after a stream. Lambda may do so as soon as it has the trailers; if it
        is gone altogether, the next event does not come.

        Raises:
            RuntimeApiError: Lambda does not take it.
            OSError: the connection was lost.
        """
        unread, self._unread = self._unread, ""
        if unread == "stream":
            with suppress(OSError, Broken):
                self._answer("POST")
            self.close()
        elif unread:
            status, _, said = self._answer("POST")
            if status != 202:
                raise RuntimeApiError(f"/response answered with {status}: {said[:200]!r}")

    def _whole(self, invocation: str, body: bytes) -> bytes:
        fields = f"{_JSON}Content-Length: {len(body)}\r\n\r\n"
        return self._head("POST", f"/invocation/{invocation}/response", fields) + body

    def _head(self, method: str, path: str, fields: str = "") -> bytes:
        return f"{method} {_PATH}{path}{self._common}{fields}".encode()

    def _connected(self) -> socket.socket:
        if self._connection is None:
            self._connection = socket.create_connection(self._address)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection

    def _ask(self, data: bytes, method: str = "GET") -> Said:
        self._connected().sendall(data)
        return self._answer(method)

    def _answer(self, method: str) -> Said:
        """Read the answer to what was sent last: status, headers and body.

        Raises:
            OSError: the connection was lost before its end.
        """
        connection, answer, parts = self._connected(), Answer(method), list[bytes]()
        data = connection.recv(_READ)
        # Nearly every answer comes at once, with its length. Lambda's own needs no judge, and can be read in short.
        section, found, body = data.partition(b"\r\n\r\n")
        status, *lines = section.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in [line.partition(":") for line in lines]}
        whole = status.startswith("HTTP/1.1 ") and headers.get("content-length") == str(len(body))
        if found and whole and headers.keys().isdisjoint(_OF_CONNECTIONS):
            return int(status[9:12]), headers, body
        while data:
            parts += answer.feed(data)
            if answer.complete:
                break
            data = connection.recv(_READ)
        else:
            self.close()
            answer.end()
        assert answer.head
        if not answer.keep:
            self.close()
        return answer.head.status, joined(answer.head.fields), b"".join(parts)


class Stream:
    """An answer that goes out piece by piece.

    Args:
        api: the Runtime API.
    """

    def __init__(self, api: RuntimeApi) -> None:
        self._api = api

    async def write(self, data: bytes) -> None:
        """Send a piece; waits while Lambda takes none.

        Raises:
            OSError: the connection was lost.
        """
        if data:
            await self._api.send(_chunk(data))

    async def end(self, error: BaseException | None = None) -> None:
        """End the answer.

        Args:
            error: why it is not whole; a client then knows that it is broken.
        """
        trailers = b""
        if error is not None:
            described = base64.b64encode(_described(error)).decode()
            trailers = f"{_ERROR_TYPE}: {_type_of(error)}\r\n{_ERROR_BODY}: {described}\r\n".encode()
        with suppress(OSError):  # as where its answer is read
            await self._api.send(b"0\r\n" + trailers + b"\r\n")
        self._api.stream_ended()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _type_of(error: BaseException) -> str:
    return f"Runtime.{type(error).__name__}"


def _described(error: BaseException) -> bytes:
    """Describe a failure as Lambda has it. What an exception says may hold a client's data: only its type is told."""
    lines = traceback.format_tb(error.__traceback__)
    trace = "".join(lines)[-_LONGEST_TRACE:].splitlines()
    said = {"errorMessage": "fanin failed; its log says why", "errorType": _type_of(error), "stackTrace": trace}
    return json.dumps(said).encode()
