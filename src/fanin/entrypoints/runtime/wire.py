"""A connection to the Runtime API: bytes out, and answers in. What goes at once takes no turn of the event loop."""

import asyncio
import socket
from contextlib import suppress
from typing import NamedTuple, Self

from fanin.sources.http.answer import Answer
from fanin.sources.http.failures import Broken
from fanin.sources.http.head import joined

_READ = 64 * 1024
"""Bytes of one read."""
_OF_CONNECTIONS = frozenset(("connection", "transfer-encoding"))


class Said(NamedTuple):
    """An answer.

    Args:
        status: the status code.
        headers: names in lower case.
        body: the body.
        short: the whole answer, if it came in one piece with its length, as nearly every one does; else nothing.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    short: bytes = b""


class Wire:
    """A connection.

    Args:
        connected: the socket, which does not block.
    """

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self._unsent = b""
        """What a `send` that was cancelled has left. It goes out first, so that no message is cut."""
        self._unread = b""
        self._awakens_at = 1

    @classmethod
    async def to(cls, host: str, port: int) -> Self:
        """Connect.

        Raises:
            OSError: nobody listens.
        """
        connected = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        try:
            connected.setblocking(False)  # noqa: FBT003 - its one way to say so
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().sock_connect(connected, (host, port))
        except BaseException:
            connected.close()
            raise
        return cls(connected)

    @property
    def is_open(self) -> bool:
        """Whether another question can be asked."""
        return self.socket.fileno() >= 0

    def close(self) -> None:
        """End it."""
        self.socket.close()

    async def send(self, data: bytes) -> None:
        """Send bytes; waits while the other side takes none.

        Raises:
            OSError: the connection was lost.
        """
        left = memoryview(self._unsent + data if self._unsent else data)
        try:
            while left:
                try:
                    left = left[self.socket.send(left) :]
                except BlockingIOError:
                    await self._room()
        finally:
            self._unsent = bytes(left)

    def send_now(self, data: bytes) -> None:
        """Send bytes without a wait; what the other side does not take goes out with the next `send`.

        Raises:
            OSError: the connection was lost.
        """
        self._unsent += data
        with suppress(BlockingIOError):
            self._unsent = self._unsent[self.socket.send(self._unsent) :]

    async def passes(self, expected: bytes) -> bool:
        """Leave out the next answer if it reads as expected; else it is still to be read.

        Raises:
            OSError: the connection was lost.
        """
        self._unread = self._unread or await self._read()
        if found := self._unread.startswith(expected):
            self._unread = self._unread[len(expected) :]
        return found

    async def answer(self, method: str) -> Said:
        """Read the next answer.

        Args:
            method: of the question.

        Raises:
            OSError: the connection was lost before the answer's end.
        """
        data, self._unread = self._unread or await self._read(), b""
        if (begun := _in_short(data)) is None:
            return await self._judged(Answer(method), data)
        status, headers, begin, length = begun
        parts, left = [data[begin:]], begin + length - len(data)
        short = data[: begin + length] if left <= 0 else b""
        while left > 0:
            parts.append(await self._read() or _lost())
            left -= len(parts[-1])
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        if left:
            body, self._unread = body[:length], body[length:]
        return Said(status, headers, body, short)

    async def _judged(self, answer: Answer, data: bytes) -> Said:
        """Read an answer of any other form, of which some bytes are there; nothing may follow it."""
        parts = list[bytes]()
        while not answer.complete:
            try:
                if data:
                    parts += answer.feed(data)
                else:
                    self.close()
                    answer.end()
            except Broken as error:
                raise ConnectionResetError(str(error)) from error
            if data and not answer.complete:
                data = await self._read()
        assert answer.head
        if not answer.keep:
            self.close()
        return Said(answer.head.status, joined(answer.head.fields), b"".join(parts))

    def awaken_at(self, unread: int) -> None:
        """Have the system call the connection readable once so many bytes have come, or its end."""
        if unread != self._awakens_at:
            self._awakens_at = unread
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, unread)

    async def _read(self) -> bytes:
        try:
            return self.socket.recv(_READ)
        except BlockingIOError:
            self.awaken_at(1)
            return await asyncio.get_running_loop().sock_recv(self.socket, _READ)

    async def _room(self) -> None:
        """Wait until something can be sent."""
        loop, room = asyncio.get_running_loop(), asyncio.Event()
        loop.add_writer(self.socket, room.set)
        try:
            await room.wait()
        finally:
            loop.remove_writer(self.socket)


def _lost() -> bytes:
    raise ConnectionResetError("closed before the end of the answer")


def _in_short(data: bytes) -> tuple[int, dict[str, str], int, int] | None:
    """Read the head of an answer that says its length: status, headers, where the body begins, and its length.

    Lambda's own needs no judge. None if it is of another form.
    """
    section, found, _ = data.partition(b"\r\n\r\n")
    status, *lines = section.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in [line.partition(":") for line in lines]}
    length = headers.get("content-length", "")
    fits = found and status.startswith("HTTP/1.1 ") and length.isdecimal() and length.isascii()
    if not fits or not headers.keys().isdisjoint(_OF_CONNECTIONS):
        return None
    return int(status[9:12]), headers, len(section) + 4, int(length)
