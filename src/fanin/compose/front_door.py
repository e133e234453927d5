"""What says who asks, before a request begins: put together for an event loop, and for threads that wait."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from fanin.callers.bounds import IN_ALL
from fanin.callers.kinds import Around, Identify, identify_of
from fanin.compose.parts import when_asked_for
from fanin.config import Endpoint
from fanin.config.callers import Callers
from fanin.config.format import TICKET
from fanin.contract.streams import wants_events
from fanin.credentials.flows import AskAws, Conversation
from fanin.engine.call import Request, Response
from fanin.engine.caller import Caller, check_caller
from fanin.engine.catalogue import ClientRequest
from fanin.engine.front_door import FrontDoor, Ticket
from fanin.engine.invocation import Invocation
from fanin.engine.refusals import callers_unavailable, not_authenticated
from fanin.sources.reach import Reach

# ruff: noqa: PLC0415 - the bundle of one function lacks the libraries of the other, and few callers ask anything

if TYPE_CHECKING:
    from fanin.aws.client import Aws
    from fanin.aws.client_blocking import BlockingAws
    from fanin.callers.tickets import Tickets
    from fanin.credentials.flows.carry import AsyncSend
    from fanin.credentials.flows.carry_blocking import BlockingSend

_UNKNOWN = "it cannot be found out in time who asks"


def front_door(
    callers: Mapping[str, Callers],
    around: Around,
    reach: Reach,
    aws: "Callable[[], Aws]",
    blocking_aws: "Callable[[], BlockingAws]",
) -> FrontDoor:
    """Make the front door of a fanin.toml that has `[callers]`.

    Args:
        callers: the tables of `[callers]`, by name.
        around: environment, secrets and clocks, for those who identify callers.
        reach: what connections to servers that are no sources are made with, such as an issuer's.
        aws: gives the client of AWS's services on an event loop.
        blocking_aws: gives the client of AWS's services in threads; the first thread that asks makes it.

    Raises:
        ConfigError: the environment does not say what a kind of callers needs.
    """
    kinds = {name: identify_of(table, around) for name, table in callers.items()}
    on_loop, in_threads = _OnLoop(reach, aws), InThreads(reach, blocking_aws)
    tickets = when_asked_for(lambda: _tickets(around))

    def conversation(
        endpoint: Endpoint, callers: Callers, request: ClientRequest, invocation: Invocation
    ) -> tuple[Conversation[Caller], float]:
        ends = min(invocation.deadline, around.clock() + IN_ALL)
        if request.query and (ticket := ticket_of(endpoint, request)) is not None:
            return tickets().take(ticket, callers.challenge), ends
        identify: Identify = kinds[callers.name]
        return identify(request.headers, request.cookies, invocation.network, ends), ends

    async def admit(endpoint: Endpoint, request: ClientRequest, invocation: Invocation) -> Caller | None:
        if endpoint.asked_by is None:
            return None
        if invocation.caller is not None:
            check_caller(endpoint, invocation.caller)
            return _known(invocation.caller, invocation)
        asked, ends = conversation(endpoint, endpoint.asked_by, request, invocation)
        return _known(
            await on_loop.carry(asked, ends - around.clock(), private=_private(endpoint.asked_by)), invocation
        )

    def admit_blocking(endpoint: Endpoint, request: ClientRequest, invocation: Invocation) -> Caller | None:
        if endpoint.asked_by is None:
            return None
        asked, ends = conversation(endpoint, endpoint.asked_by, request, invocation)
        return _known(in_threads.carry(asked, ends, private=_private(endpoint.asked_by)), invocation)

    return _giving(FrontDoor(admit, admit_blocking, now=around.now), tickets, on_loop, around, callers)


def _giving(
    door: FrontDoor,
    tickets: "Callable[[], Tickets]",
    on_loop: "_OnLoop",
    around: Around,
    callers: Mapping[str, Callers],
) -> FrontDoor:
    """Have a front door give tickets, and take them."""
    challenge = next(iter(callers.values())).challenge

    def seconds(invocation: Invocation) -> float:
        return min(invocation.deadline - around.clock(), IN_ALL)

    async def issue(caller: Caller, invocation: Invocation) -> Ticket:
        return await on_loop.carry(tickets().issue(caller), seconds(invocation), private=False)

    async def redeem(ticket: str, invocation: Invocation) -> Caller:
        taken = await on_loop.carry(tickets().take(ticket, challenge), seconds(invocation), private=False)
        if taken.name not in callers:  # the file has changed since
            raise not_authenticated("nobody of this name may ask", challenge)
        return _known(taken, invocation)

    return replace(door, issue=issue, redeem=redeem)


def _tickets(around: Around) -> "Tickets":
    """Make what gives tickets: in the table that the environment names, or in memory."""
    from fanin.callers.tickets import Tickets
    from fanin.callers.tickets_kept import InMemory, InTable

    name = around.environment.get("FANIN_TABLE")
    in_table = name and not around.environment.get("AWS_SAM_LOCAL")  # there, names of resources lead to nothing
    return Tickets(InTable(name) if name and in_table else InMemory(around.now), around.redaction, around.now)


def ticket_of(endpoint: Endpoint, request: ClientRequest) -> str | None:
    """Give the ticket of a request for server-sent events, for which browsers send no headers; None without one."""
    if endpoint.method != "GET" or not wants_events(request.headers.get("accept", "")):
        return None
    return next((text for name, text in request.query or () if name == TICKET), None)


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

    async def carry[Result](self, conversation: Conversation[Result], seconds: float, *, private: bool) -> Result:
        async def send(request: Request) -> Response:
            return await self._sender(private)(request)

        try:
            return await self._carrier.carry(conversation, send, seconds)
        except TimeoutError as error:
            raise callers_unavailable(_UNKNOWN) from error


class InThreads:
    """Carries questions in threads that wait for the answers."""

    def __init__(self, reach: Reach, aws: "Callable[[], BlockingAws]") -> None:
        from fanin.credentials.flows.carry_blocking import BlockingCarrier
        from fanin.sources.bounds import Bounds, bounded, bounds

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

    def carry[Result](self, conversation: Conversation[Result], ends: float, *, private: bool) -> Result:
        """Hold a conversation.

        Args:
            conversation: what is asked.
            ends: when it has to be over, in seconds of the reach's clock.
            private: whether those who are asked may have an address that is not public.

        Raises:
            RequestError: 503 where it was not over in time; or what the conversation raises.
        """

        def send(request: Request) -> Response:
            return self._senders[private]()(request)

        try:
            with self._within(ends):
                return self._carrier.carry(conversation, send)
        except TimeoutError as error:
            raise callers_unavailable(_UNKNOWN) from error
