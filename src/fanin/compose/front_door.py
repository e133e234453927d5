"""What says who asks, before a request begins: put together for an event loop, and for threads that wait."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from fanin.callers.bounds import IN_ALL
from fanin.callers.kinds import Around, Identify, identify_of
from fanin.compose.parts import when_asked_for
from fanin.config import Endpoint
from fanin.config.callers import Callers
from fanin.credentials.flows import AskAws, Conversation
from fanin.engine.call import Request, Response
from fanin.engine.caller import Caller
from fanin.engine.catalogue import ClientRequest
from fanin.engine.front_door import FrontDoor
from fanin.engine.invocation import Invocation
from fanin.engine.refusals import callers_unavailable
from fanin.sources.reach import Reach

# ruff: noqa: PLC0415 - the bundle of one function lacks the libraries of the other, and few callers ask anything

if TYPE_CHECKING:
    from fanin.aws.client import Aws
    from fanin.aws.client_blocking import BlockingAws
    from fanin.credentials.flows.carry import AsyncSend
    from fanin.credentials.flows.carry_blocking import BlockingSend

_UNKNOWN = "it cannot be found out in time who asks"


def front_door(callers: Mapping[str, Callers], around: Around, reach: Reach, aws: "Callable[[], Aws]") -> FrontDoor:
    """Make it.

    Args:
        callers: those of fanin.toml.
        around: what is around those who identify callers.
        reach: what connections to servers that are no sources are made with.
        aws: gives the client of AWS's services on an event loop.

    Raises:
        ConfigError: the environment does not say what a kind of callers needs.
    """
    kinds = {name: identify_of(table, around) for name, table in callers.items()}
    on_loop, in_threads = _OnLoop(reach, aws), _InThreads(reach, around)

    def conversation(
        callers: Callers, request: ClientRequest, invocation: Invocation
    ) -> tuple[Conversation[Caller], float]:
        ends = min(invocation.deadline, around.clock() + IN_ALL)
        identify: Identify = kinds[callers.name]
        return identify(request.headers, request.cookies, invocation.network, ends), ends

    async def admit(endpoint: Endpoint, request: ClientRequest, invocation: Invocation) -> Caller | None:
        if endpoint.asked_by is None:
            return None
        asked, ends = conversation(endpoint.asked_by, request, invocation)
        return _known(
            await on_loop.carry(asked, ends - around.clock(), private=_private(endpoint.asked_by)), invocation
        )

    def admit_blocking(endpoint: Endpoint, request: ClientRequest, invocation: Invocation) -> Caller | None:
        if endpoint.asked_by is None:
            return None
        asked, ends = conversation(endpoint.asked_by, request, invocation)
        return _known(in_threads.carry(asked, ends, private=_private(endpoint.asked_by)), invocation)

    return FrontDoor(admit, admit_blocking)


def _private(callers: Callers) -> bool:
    """Whether whom the callers' kind asks may have an address that is not public."""
    return bool(getattr(callers.table, "private", False))


def _known(caller: Caller, invocation: Invocation) -> Caller:
    """Have logs and metrics tell who asks."""
    invocation.about.update(caller.told)
    return caller


class _OnLoop:
    """Carries questions on one event loop."""

    def __init__(self, reach: Reach, aws: "Callable[[], Aws]") -> None:
        from fanin.credentials.flows.carry import Carrier

        async def ask(asked: AskAws) -> Any:
            return await aws().call(
                asked.service, asked.operation, asked.payload, timeout=asked.timeout, repeatable=True
            )

        self._carrier = Carrier(ask)
        self._reach = reach
        self._sender = cache(self._made)

    def _made(self, private: bool) -> "AsyncSend":  # noqa: FBT001 - a key of the cache
        from fanin.callers.send import sender
        from fanin.sources.http.loop.client import Transport

        resolve = self._reach.resolvers[private].resolve_async
        return sender(Transport(resolve=resolve, ssl_context=self._reach.tls(), clock=self._reach.clock))

    async def carry(self, conversation: Conversation[Caller], seconds: float, *, private: bool) -> Caller:
        async def send(request: Request) -> Response:
            return await self._sender(private)(request)

        try:
            async with asyncio.timeout(seconds):
                return await self._carrier.carry(conversation, send)
        except TimeoutError as error:
            raise callers_unavailable(_UNKNOWN) from error


class _InThreads:
    """Carries questions in threads that wait for the answers."""

    def __init__(self, reach: Reach, around: Around) -> None:
        from fanin.credentials.flows.carry_blocking import BlockingCarrier
        from fanin.sources.http.blocking.bounds import Bounds, bounded, bounds

        def made() -> "BlockingAws":
            from fanin.aws.client_blocking import BlockingAws

            return BlockingAws(around.environment, reach.tls())

        aws = when_asked_for(made)

        def ask(asked: AskAws) -> Any:
            return aws().call(asked.service, asked.operation, asked.payload, timeout=asked.timeout, repeatable=True)

        def within(ends: float) -> AbstractContextManager[None]:
            return bounded(Bounds(ends, ends - reach.clock(), reach.clock))

        self._within = within
        self._carrier = BlockingCarrier(ask, left=lambda: bounds().left())
        self._reach = reach
        self._senders = {private: when_asked_for(partial(self._made, private)) for private in (False, True)}

    def _made(self, private: bool) -> "BlockingSend":  # noqa: FBT001 - a key of the cache
        from fanin.callers.send_blocking import blocking_sender
        from fanin.sources.http.blocking.client import Adapter, session_of

        reach = self._reach
        return blocking_sender(session_of(Adapter(reach.resolvers[private], reach.tls(), clock=reach.clock)))

    def carry(self, conversation: Conversation[Caller], ends: float, *, private: bool) -> Caller:
        def send(request: Request) -> Response:
            return self._senders[private]()(request)

        try:
            with self._within(ends):
                return self._carrier.carry(conversation, send)
        except TimeoutError as error:
            raise callers_unavailable(_UNKNOWN) from error
