"""Short URLs: a reverse proxy from http://127.0.0.1:PORT to the HTTP API in the embedded AWS, and its WebSocket API.

What is below /stream goes to a function URL.

It answers for loopback's hosts and for those of FANIN_HOSTS. It hands on method, path, query, headers and body as they
came, byte for byte, and the answer likewise.
"""

import asyncio
import contextlib
import logging
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import orjson
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from fanin.config.values import Json
from fanin.contract import answers
from fanin.entrypoints.console.trace_file import TraceReader
from fanin.local.process import hosts, served_line
from fanin.local.process.ports import refusal
from fanin.local.stack import live_door, seen, stream_door

_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""Headers about one connection, which a proxy must not hand on (RFC 9110, 7.6.1)."""
_MAX_LINE = 64 * 1024
"""Bytes of a request line or header that pass through; limits are for what stands behind to set."""
_CHUNK = 64 * 1024
_CONFIGURATION = "/console/configuration"
WARM_UP = {"User-Agent": "fanin-warm-up"}
"""Headers of requests that only start functions: nobody is told of them."""

_LOGGER = logging.getLogger(__name__)
"""What aiohttp says of its own."""

type Say = Callable[[str], None]


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a record is of a fault here: a client that sends no HTTP is told so, and needs no traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_LOGGER.addFilter(_is_ours)


@dataclass(frozen=True, slots=True)
class Targets:
    """Where requests go, and who hears of them.

    Args:
        rest: URL that a request's path is put behind.
        live: URL to which WebSockets go; empty if there are none.
        streams: URL of what is below /stream; empty if it goes where the rest goes.
        say: prints a line for each request; None for no lines.
        answered: the hosts that are answered for.
        record: keeps what is seen of requests, for the console.
        traces: the file into which functions write what happened in their requests; None if they write none.
        configuration: tells fanin.toml as it is saved; None if the function does, which knows what it serves.
    """

    rest: str
    live: str = ""
    streams: str = ""
    say: Say | None = None
    answered: Sequence[str] = hosts.LOOPBACK_NAMES
    record: seen.Seen = field(default_factory=seen.Seen)
    traces: Path | None = None
    configuration: Callable[[], Json] | None = None

    def of(self, raw_path: str) -> str:
        """Give the URL at which a path, with its query, is asked for."""
        if self.streams and raw_path.startswith(f"{stream_door.PATH}/"):
            return self.streams + raw_path.removeprefix(stream_door.PATH)
        return self.rest + raw_path


@contextlib.contextmanager
def serve(at: socket.socket, targets: Targets) -> Iterator[None]:
    """Serve on a bound socket, in a thread, as long as the context lasts.

    Args:
        at: the socket; it is closed at the end.
        targets: where requests go.

    Raises:
        Problem: another program has begun to listen on the socket's port.
    """
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(at, targets, started)), daemon=True)
    with at:
        thread.start()
        try:
            loop, stop = started.result()
        except OSError as error:
            raise refusal(at.getsockname()[1], error) from error
        try:
            yield
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()


async def _serve(
    at: socket.socket, targets: Targets, started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]
) -> None:
    stop = asyncio.Event()
    try:
        async with _client() as client:
            app = web.Application(client_max_size=0)
            app.router.add_route("*", "/{path:.*}", _Proxy(client, targets).hand_on)
            runner = web.AppRunner(
                app,
                access_log=None,
                logger=_LOGGER,
                handler_cancellation=True,
                shutdown_timeout=0.1,
                auto_decompress=False,
                max_line_size=_MAX_LINE,
                max_field_size=_MAX_LINE,
            )
            await runner.setup()
            try:
                await web.SockSite(runner, at).start()
                started.set_result((asyncio.get_running_loop(), stop))
                await stop.wait()
            finally:
                await runner.cleanup()
    except Exception as error:
        if started.done():
            raise
        started.set_exception(error)


def _client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("accept", "accept-encoding", "content-type", "user-agent"),
        max_line_size=_MAX_LINE,
        max_field_size=_MAX_LINE,
    )


class _Proxy:
    def __init__(self, client: aiohttp.ClientSession, targets: Targets) -> None:
        self._client = client
        self._targets = targets
        self._seen = targets.record
        self._traces = TraceReader(targets.traces) if targets.traces else None

    async def hand_on(self, request: web.Request) -> web.StreamResponse:
        if not hosts.allows(request.headers.getall("Host", []), self._targets.answered):
            return _refusal()
        if self._targets.live and live_door.wanted(request):
            return await live_door.hand_on(request, self._client, self._targets.live)
        began = time.monotonic()
        answered = self._client.request(
            request.method,
            # Encoded already, so that %2F, %20 and + arrive as the client wrote them.
            URL(self._targets.of(request.raw_path), encoded=True),
            headers=_end_to_end(request.headers),
            data=_chunks(request) if request.body_exists else None,
            allow_redirects=False,
        )
        response: web.StreamResponse | None = None
        try:
            async with answered as answer:
                if answer.status == 200 and (body := await self._told(request, answer)) is not None:
                    own = _end_to_end(answer.headers)
                    own.popall("Content-Length", None)
                    return web.Response(headers=own, body=body)
                response = web.StreamResponse(status=answer.status, reason=answer.reason)
                response.headers.extend(_end_to_end(answer.headers))
                try:
                    await response.prepare(request)
                    async for chunk in answer.content.iter_chunked(_CHUNK):
                        await response.write(chunk)
                    await response.write_eof()
                finally:
                    # A client that has all that it wants leaves, perhaps before this has seen the end: it is cancelled.
                    self._note(request, answer, time.monotonic() - began)
                return response
        except aiohttp.ClientError as error:
            if response is not None and response.prepared:
                if request.transport is not None:
                    request.transport.abort()  # broken behind, so broken here: a client sees no end
                return response
            return web.Response(status=502, text=f"The embedded AWS does not answer: {error}\n")

    async def _told(self, request: web.Request, answer: aiohttp.ClientResponse) -> bytes | None:
        """Give what the console reads here, once a function has let its reader in; None of all else."""
        if request.path == _CONFIGURATION and self._targets.configuration:
            return orjson.dumps(await asyncio.to_thread(self._targets.configuration))
        if seen.tells(request.path):
            return self._seen.told(request.path, request.query, await answer.read())
        return None

    def _note(self, request: web.Request, answer: aiohttp.ClientResponse, seconds: float) -> None:
        """Keep a request for the console, and print its line, unless it is nobody's to know of."""
        if request.headers.get("User-Agent") == WARM_UP["User-Agent"] or (
            request.path.startswith("/console/") and request.path != "/console/run"
        ):
            return
        headers = {name.lower(): value for name, value in answer.headers.items()}
        trace = self._traces.take(headers.get("x-request-id", "")) if self._traces else None
        path = request.raw_path.partition("?")[0]
        answered = seen.Answered(request.method, path, answer.status, seconds).as_made(trace)
        calls, complete = self._seen.add(answered, headers, trace)
        if (say := self._targets.say) and not answered.path.startswith("/console/"):
            say(served_line.line(*answered, calls, complete=complete))


def _refusal() -> web.Response:
    refused = answers.refusal(hosts.unknown_host(), str(uuid.uuid4()))
    return web.Response(status=refused.status, headers=CIMultiDict(refused.headers), body=refused.body)


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_chunked(_CHUNK):
        yield chunk


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """Leave out the headers that are about one connection: the known ones, and those that Connection names."""
    named = {name.strip().lower() for value in headers.getall("connection", []) for name in value.split(",")}
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP | named)
