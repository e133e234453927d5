"""Lambda's Runtime API, spoken on one connection that is kept."""

import asyncio
import base64
import json
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from fanin.entrypoints.runtime.waiting import BlockingWait
from fanin.entrypoints.runtime.wire import Said, Wire

_PATH = "/2018-06-01/runtime"
_STREAM = "application/vnd.awslambda.http-integration-response"
_PLACE = "Lambda-Runtime-Invocation-Id"
_ERROR_TYPE, _ERROR_BODY = "Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"
_HELD = 16 * 1024
"""Bytes of a response that can wait: a connection on which nothing is under way takes them at once."""
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
        blocking: waits for events where there is one at a time; None where the loop does.
    """

    def __init__(self, address: str, blocking: BlockingWait | None = None) -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self._common = f" HTTP/1.1\r\nHost: {address}\r\nUser-Agent: fanin\r\n"
        self._ask_next = f"GET {_PATH}/invocation/next{self._common}\r\n".encode()
        self._blocking = blocking
        self._wire: Wire | None = None
        self._short = self._owed = b""
        """The last answer to a response; and the one that is read with the next event, as it is expected."""
        self._held = b""
        """A response that goes out with what is asked next, or as soon as the loop turns."""
        self._turns = False
        """Whether the loop sends what is held when it turns."""

    async def next(self) -> Event:
        """Wait for the next event, however long that takes.

        Raises:
            RuntimeApiError: there is none, or Lambda did not take the last answer.
            OSError: the connection was lost.
        """
        said = await self._ask(self._ask_next, "GET", self._blocking)
        if self._blocking:
            self._blocking.begin()
        _check(said, "/next", 200)
        return Event(said.headers, said.body)

    async def restored(self) -> None:
        """Wait until a snapshot of this process has been restored; no connection is kept over it.

        Raises:
            RuntimeApiError: there is no snapshot.
            OSError: the connection was lost.
        """
        said = await self._ask(self._question("GET", "/restore/next"), "GET")
        await self.close()
        _check(said, "/restore/next", 200)

    async def respond(self, invocation: Invoked, body: bytes, *, last: bool = False) -> None:
        """Answer an invocation with a whole body.

        Where one event comes at a time, what Lambda says to that is read together with the next event.

        Args:
            invocation: which one.
            body: the answer, as JSON.
            last: whether nothing is done for the invocation behind this. A small answer then goes out together with
                the question for the next event; at the loop's next turn, if that is sooner.

        Raises:
            RuntimeApiError: Lambda does not take it.
            OSError: the connection was lost.
        """
        asked = self._question("POST", f"/invocation/{invocation.id}/response", body, invocation.extra)
        if self._blocking and self._short:
            wire, self._owed = await self._connected(), self._short
            if last and len(asked) <= _HELD:
                self._hold(asked)
            else:
                await wire.send(asked)
            return
        said = await self._ask(asked)
        self._short = said.short
        _check(said, "/response", 202)

    async def fail(self, path: str, error: BaseException, *, kind: str = "", extra: str = "") -> None:
        """Report a failure.

        Args:
            path: of what: an invocation, the init phase, a restore.
            error: what was raised.
            kind: what Lambda calls such a failure; without one, the error's type.
            extra: lines of the head.
        """
        extra += f"{_ERROR_TYPE}: {kind or _type_of(error)}\r\n"
        await self._ask(self._question("POST", path, _described(error), extra))

    async def begin_stream(self, invocation: Invoked, prelude: bytes) -> "Stream":
        """Begin to answer an invocation piece by piece.

        Args:
            invocation: which one.
            prelude: status, headers and cookies, as JSON.
        """
        head = (
            f"POST {_PATH}/invocation/{invocation.id}/response{self._common}{invocation.extra}"
            f"Content-Type: {_STREAM}\r\n"
            "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
            f"Trailer: {_ERROR_TYPE}, {_ERROR_BODY}\r\n\r\n"
        )
        wire = await self._connected()
        await wire.send(head.encode() + _chunk(prelude + b"\0" * 8))
        return Stream(wire)

    async def close(self) -> None:
        """End the connection, which AWS documents to be due after a stream."""
        if self._wire:
            self._let_go()
            self._wire.close()

    def _hold(self, response: bytes) -> None:
        self._held = response
        if not self._turns:
            self._turns = True
            asyncio.get_running_loop().call_soon(self._turned)

    def _turned(self) -> None:
        self._turns = False
        self._let_go()

    def _let_go(self) -> None:
        """Send what is held."""
        held, self._held = self._held, b""
        if held and self._wire and self._wire.is_open:
            with suppress(OSError):  # whoever asks next meets it
                self._wire.send_now(held)

    async def _connected(self) -> Wire:
        if self._wire is None or not self._wire.is_open:
            self._wire, self._owed = await Wire.to(self._host, self._port), b""
        return self._wire

    async def _ask(self, question: bytes, method: str = "POST", blocking: BlockingWait | None = None) -> Said:
        try:
            wire = await self._connected()
            held, self._held = self._held, b""
            await wire.send(held + question)
            if blocking:
                await blocking.until_readable(wire, len(self._owed))
            owed, self._owed = self._owed, b""
            if owed and not await wire.passes(owed):
                _check(await wire.answer("POST"), "/response", 202)
            return await wire.answer(method)
        except BaseException:
            await self.close()  # its answer, if it still comes, must not be taken for that of what is asked next
            raise

    def _question(self, method: str, path: str, body: bytes = b"", extra: str = "") -> bytes:
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if method == "POST" else ""
        return f"{method} {_PATH}{path}{self._common}{extra}{length}\r\n".encode() + body


class Stream:
    """An answer that goes out piece by piece.

    Args:
        wire: the connection to the Runtime API.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def write(self, data: bytes) -> None:
        """Send a piece; waits while Lambda takes none.

        Raises:
            OSError: the connection was lost.
        """
        if data:
            await self._wire.send(_chunk(data))

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
            await self._wire.send(b"0\r\n" + trailers + b"\r\n")
            await self._wire.answer("POST")
        self._wire.close()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _check(said: Said, path: str, status: int) -> None:
    """Pass an answer of Lambda's, or raise a RuntimeApiError if it has another status."""
    if said.status != status:
        raise RuntimeApiError(f"{path} answered with {said.status}: {said.body[:200]!r}")


def _type_of(error: BaseException) -> str:
    return f"Runtime.{type(error).__name__}"


def _described(error: BaseException) -> bytes:
    """Describe a failure as Lambda has it. What an exception says may hold a client's data: only its type is told."""
    lines = traceback.format_tb(error.__traceback__)
    trace = "".join(lines)[-_LONGEST_TRACE:].splitlines()
    said = {"errorMessage": "fanin failed; its log says why", "errorType": _type_of(error), "stackTrace": trace}
    return json.dumps(said).encode()
