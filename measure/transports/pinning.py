"""Whether a call can be made to an address that was checked before, with the certificate checked for the name.

Each candidate is pinned in the way that its public API offers, if it does.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from measure.transports.candidates import HEADERS, resolve_here
from measure.transports.certificates import NAME, Trust
from measure.upstream import Upstream

WRONG_NAME = "wrong.test"
ADDRESS = "127.0.0.1"

type Guard = Callable[[str], None]
type Pinned = Callable[[Trust, int, str, Guard], Awaitable[int]]


@dataclass(frozen=True)
class Pinning:
    """What came of it."""

    how: str
    right_name: str
    wrong_name: str
    sees_literals: bool
    """Whether the guard was asked about an address that stood in the URL itself."""


async def pinned(how: str, call: Pinned, trust: Trust, upstream: Upstream) -> Pinning:
    """Call by the right name, by a name that the certificate lacks, and by the address."""
    asked: list[str] = []
    right = await _outcome(call(trust, upstream.tls, NAME, asked.append))
    wrong = await _outcome(call(trust, upstream.tls, WRONG_NAME, asked.append))
    asked.clear()
    await _outcome(call(trust, upstream.tls, ADDRESS, asked.append))
    return Pinning(how, right, wrong, ADDRESS in asked)


async def _outcome(call: Awaitable[int]) -> str:
    try:
        return str(await call)
    except Exception as error:
        return type(error).__name__


async def by_extension(api: Any, trust: Trust, port: int, host: str, guard: Guard) -> int:
    """As httpx and httpx2 can: the address in the URL, the name in Host and in the `sni_hostname` extension.

    The transport never asks: whoever makes the URL must have checked, which is what `guard` records.
    """
    guard(ADDRESS)
    transport = api.AsyncHTTPTransport(verify=trust.context)
    request = api.Request(
        "GET",
        f"https://{ADDRESS}:{port}/delay/0",
        headers={**HEADERS, "Host": f"{host}:{port}"},
        extensions={"sni_hostname": host},
    )
    return await _status(transport, request)


async def by_httpx(trust: Trust, port: int, host: str, guard: Guard) -> int:
    """httpx, pinned by extension."""
    import httpx

    return await by_extension(httpx, trust, port, host, guard)


async def by_httpx2(trust: Trust, port: int, host: str, guard: Guard) -> int:
    """httpx2, pinned by extension."""
    import httpx2

    return await by_extension(httpx2, trust, port, host, guard)


async def by_httpcore_backend(trust: Trust, port: int, host: str, guard: Guard) -> int:
    """By httpcore's connections: `network_backend`, public when they are made without httpx's transport."""
    import httpx

    from measure.transports.httpcore_kept import HttpcoreKept

    async def resolve(name: str, to_port: int) -> list[Any]:
        guard(name)
        return list(await resolve_here(name, to_port))

    return await _status(HttpcoreKept(resolve, trust.context), httpx.Request("GET", f"https://{host}:{port}/delay/0"))


async def by_aiohttp_factory(trust: Trust, port: int, host: str, guard: Guard) -> int:
    """aiohttp: a resolver for names, and `socket_factory`, which sees every address, for the check."""
    import socket

    import aiohttp
    import httpx
    import httpx_aiohttp
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Resolver(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list[ResolveResult]:
            return [
                ResolveResult(
                    hostname=host, host=ADDRESS, port=port, family=socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST
                )
            ]

        async def close(self) -> None:
            return None

    def factory(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        guard(str(ip_address(address[0])))
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)  # noqa: FBT003 - its only name is flag
        return made

    connector = aiohttp.TCPConnector(ssl=trust.context, resolver=Resolver(), socket_factory=factory)
    transport = httpx_aiohttp.AiohttpTransport(client=aiohttp.ClientSession(connector=connector))
    return await _status(transport, httpx.Request("GET", f"https://{host}:{port}/delay/0"))


async def by_reqwest_table(trust: Trust, port: int, host: str, _guard: Guard) -> int:
    """pyreqwest: a fixed table of names, given when the client is built; nothing is asked at connect."""
    import httpx
    from pyreqwest.client import ClientBuilder
    from pyreqwest.compatibility.httpx import HttpxTransport

    builder = ClientBuilder().no_proxy().add_root_certificate_pem(trust.authority_pem).resolve(host, ADDRESS, port)
    return await _status(HttpxTransport(builder.build()), httpx.Request("GET", f"https://{host}:{port}/delay/0"))


async def by_own_resolve(trust: Trust, port: int, host: str, guard: Guard) -> int:
    """The own transport: its `resolve`."""
    import httpx

    from fanin.sources.http.loop.client import Transport

    async def resolve(name: str, to_port: int) -> list[Any]:
        guard(name)
        return list(await resolve_here(name, to_port))

    transport = Transport(resolve=resolve, ssl_context=trust.context)
    return await _status(transport, httpx.Request("GET", f"https://{host}:{port}/delay/0"))


async def _status(transport: Any, request: Any) -> int:
    try:
        response = await transport.handle_async_request(request)
        await response.aclose()
        return int(response.status_code)
    finally:
        await transport.aclose()


WAYS: dict[str, tuple[str, Pinned]] = {
    "httpx, per source": ("URL rewritten to the address, `Host`, `sni_hostname`: before the transport", by_httpx),
    "httpcore, own pool": ("own `network_backend`: at connect, public API", by_httpcore_backend),
    "httpx2, per source": ("URL rewritten to the address, `Host`, `sni_hostname`: before the transport", by_httpx2),
    "httpx-aiohttp": ("`resolver` and `socket_factory`: at connect, public API", by_aiohttp_factory),
    "pyreqwest": ("fixed table of names when the client is built", by_reqwest_table),
    "own": ("`resolve`: at connect, public API", by_own_resolve),
}
