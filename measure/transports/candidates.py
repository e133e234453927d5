"""The transports compared, all behind httpx's API.

Each is called in two ways: through an `AsyncClient`, and as a transport by its own `handle_async_request`.
"""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Literal

from measure.transports.certificates import NAME, Trust

IDLE_SECONDS = 60.0
CALL_SECONDS = 30.0
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "fanin-measure"}

type Way = Literal["client", "direct"]


async def resolve_here(host: str, _port: int) -> list[IPv4Address | IPv6Address]:
    """Stand for a guard: names are this machine, addresses themselves."""
    return [IPv4Address("127.0.0.1")] if host in (NAME, "localhost", "wrong.test") else [ip_address(host)]


@dataclass(frozen=True)
class Candidate:
    """A way to make transports. `api` is httpx, or a module of the same API, so what it makes is as untyped as it."""

    name: str
    make: Callable[[Trust], Any]
    ways: tuple[Way, ...]
    distributions: tuple[str, ...]
    """What has to be installed, dependencies apart."""
    per_source: bool = False
    api: str = "httpx"


def _httpcore(trust: Trust) -> Any:
    import httpx

    unbounded = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=IDLE_SECONDS)
    return httpx.AsyncHTTPTransport(verify=trust.context, limits=unbounded)


def _httpcore2(trust: Trust) -> Any:
    import httpx2

    unbounded = httpx2.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=IDLE_SECONDS)
    return httpx2.AsyncHTTPTransport(verify=trust.context, limits=unbounded)


def _httpcore_kept(trust: Trust) -> Any:
    from measure.transports.httpcore_kept import HttpcoreKept

    return HttpcoreKept(resolve_here, trust.context, IDLE_SECONDS)


def _aiohttp(trust: Trust) -> Any:
    import aiohttp
    import httpx_aiohttp

    connector = aiohttp.TCPConnector(ssl=trust.context, limit=0, keepalive_timeout=IDLE_SECONDS)
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
    return httpx_aiohttp.AiohttpTransport(client=session)


def _pyreqwest(trust: Trust) -> Any:
    from pyreqwest.client import ClientBuilder
    from pyreqwest.compatibility.httpx import HttpxTransport

    builder = ClientBuilder().no_proxy().follow_redirects(False).http1_only()  # noqa: FBT003 - positional only
    return HttpxTransport(builder.add_root_certificate_pem(trust.authority_pem).build())


def _own(trust: Trust) -> Any:
    from fanin.sources.http.loop.client import Transport

    return Transport(resolve=resolve_here, ssl_context=trust.context, idle_seconds=IDLE_SECONDS)


CANDIDATES = (
    Candidate("httpx, shared", _httpcore, ("client",), ("httpx",)),
    Candidate("httpx, per source", _httpcore, ("client", "direct"), ("httpx",), per_source=True),
    Candidate("httpcore, own pool", _httpcore_kept, ("client", "direct"), ("httpx",)),
    Candidate("httpx2, shared", _httpcore2, ("client",), ("httpx2",), api="httpx2"),
    Candidate(
        "httpx2, per source",
        _httpcore2,
        ("client", "direct"),
        ("httpx2",),
        per_source=True,
        api="httpx2",
    ),
    Candidate(
        "httpx-aiohttp",
        _aiohttp,
        ("client", "direct"),
        ("httpx", "httpx-aiohttp"),
    ),
    Candidate(
        "pyreqwest",
        _pyreqwest,
        ("client", "direct"),
        ("httpx", "pyreqwest"),
    ),
    Candidate("own", _own, ("client", "direct"), ("httpx",)),
)


class Caller:
    """Makes calls over one candidate in one way."""

    def __init__(self, candidate: Candidate, way: Way, trust: Trust) -> None:
        self.name = f"{candidate.name}, {way}"
        self._candidate = candidate
        self._way = way
        self._trust = trust
        self._api: Any = importlib.import_module(candidate.api)
        self._opened: dict[int, Any] = {}

    async def call(self, source: int, url: str, method: str = "GET", content: bytes | None = None) -> int:
        """Make one call as the source of that number, and return how many bytes of body came."""
        async with self.answered(source, url, method, content) as response:
            size = 0
            async for part in response.aiter_raw():
                size += len(part)
            return size

    @contextlib.asynccontextmanager
    async def answered(
        self, source: int, url: str, method: str = "GET", content: bytes | None = None, **extensions: Any
    ) -> AsyncIterator[Any]:
        """Make one call up to its head; what is left of the body is dropped at the end."""
        opened = await self.aopen(source)
        async with asyncio.timeout(CALL_SECONDS):
            if self._way == "client":
                request = opened.build_request(method, url, content=content, extensions=extensions)
                response = await opened.send(request, stream=True)
            else:
                request = self._api.Request(method, url, headers=HEADERS, content=content, extensions=extensions)
                response = await opened.handle_async_request(request)
            try:
                yield response
            finally:
                await response.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        for opened in self._opened.values():
            await opened.aclose()

    async def aopen(self, source: int = 0) -> Any:
        """Return the client or transport for a source, made when first asked for (some want a running loop)."""
        key = source if self._candidate.per_source else 0
        if key not in self._opened:
            transport = self._candidate.make(self._trust)
            if self._way == "client":
                self._opened[key] = self._api.AsyncClient(transport=transport, headers=HEADERS, timeout=None)
            else:
                self._opened[key] = transport
        return self._opened[key]


def callers(trust: Trust, candidates: tuple[Candidate, ...] = CANDIDATES) -> list[Caller]:
    """Every candidate in every way, with nothing connected yet."""
    return [Caller(candidate, way, trust) for candidate in candidates for way in candidate.ways]
