"""A caller whose issuer is asked over HTTP, by each of fanin's clients."""

import asyncio
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

from fanin.callers import send, send_blocking
from fanin.callers.jwt.identify import Bearers
from fanin.config.callers.jwt import Jwt
from fanin.credentials.flows.carry import Carrier
from fanin.credentials.flows.carry_blocking import BlockingCarrier
from fanin.engine.catalogue import Caller
from fanin.sources.address import AddressGuard
from fanin.sources.bounds import Bounds, bounded
from fanin.sources.http.blocking.client import Adapter, session_of
from fanin.sources.http.loop.client import Transport
from fanin.sources.resolve import Resolver
from tests.callers.jwt.world import bearers

LOOPBACK = "127.0.0.0/8:*"
_roots = cache(ssl.create_default_context)
"""Makes the context without `tls`; loading the roots takes longer than a test."""


class Identify(Protocol):
    """Tells who asks by a token."""

    def __call__(self, token: str, **table: Any) -> Caller:
        """Check a token by the settings of a table, or by those of the call before."""


def unasked(_: object) -> Any:
    """Stand for what asks AWS: nothing here does."""
    raise NotImplementedError


class _Callers:
    def __init__(self) -> None:
        self._caller: Bearers | None = None

    def of(self, table: dict[str, Any]) -> Bearers:
        if table or self._caller is None:
            settings = Jwt.model_validate({"private": True, "algorithms": ["RS256", "ES256"], **table})
            self._caller = bearers(settings, time.monotonic, time.time)
        return self._caller


@contextmanager
def on_a_loop(allow: str = LOOPBACK, tls: ssl.SSLContext | None = None) -> Iterator[Identify]:
    """Ask over the client that waits on the event loop."""
    callers, carrier = _Callers(), Carrier(unasked)
    resolver = Resolver(AddressGuard(allow), private=True)
    with asyncio.Runner() as runner:
        transport = Transport(resolve=resolver.resolve_async, ssl_context=tls or _roots())
        send_request = send.sender(transport)

        def identify(token: str, **table: Any) -> Caller:
            conversation = callers.of(table).identify({"authorization": f"Bearer {token}"})
            return runner.run(carrier.carry(conversation, send_request))

        try:
            yield identify
        finally:
            runner.run(transport.aclose())


@contextmanager
def in_a_thread(allow: str = LOOPBACK, tls: ssl.SSLContext | None = None) -> Iterator[Identify]:
    """Ask over the client that blocks."""
    callers, carrier = _Callers(), BlockingCarrier(unasked, lambda: 10.0)
    resolver = Resolver(AddressGuard(allow), private=True)
    with session_of(Adapter(resolver, tls or _roots())) as session:
        send_request = send_blocking.blocking_sender(session)

        def identify(token: str, **table: Any) -> Caller:
            conversation = callers.of(table).identify({"authorization": f"Bearer {token}"})
            with bounded(Bounds(time.monotonic() + 10, 10, time.monotonic)):
                return carrier.carry(conversation, send_request)

        yield identify


CLIENTS = {"on a loop": on_a_loop, "in a thread": in_a_thread}
