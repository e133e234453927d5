"""Who asks, as a test says: what stands in for credentials, which a test need not make."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fanin.callers.tickets import Tickets
from fanin.callers.tickets_kept import InMemory
from fanin.compose.front_door import ticket_of
from fanin.config import Endpoint
from fanin.config.values import Json
from fanin.credentials.flows import Conversation
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.caller import Caller
from fanin.engine.catalogue import ClientRequest
from fanin.engine.front_door import FrontDoor, Ticket
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock
from fanin.engine.refusals import not_authenticated


@dataclass(slots=True)
class Claimed:
    """Lets in whom a test names; every other request is one without credentials.

    Args:
        now: seconds since 1970.
        claims: those of who asks next; None for a client without credentials.
    """

    now: Clock
    claims: Mapping[str, Json] | None = None
    tickets: Tickets = field(init=False)

    def __post_init__(self) -> None:
        self.tickets = Tickets(InMemory(self.now), Redaction(), self.now)

    @property
    def door(self) -> FrontDoor:
        """What says who asks."""
        return FrontDoor(self._admit, self._admit_blocking, self._issue, now=self.now)

    async def _issue(self, caller: Caller, _: Invocation) -> Ticket:
        return _held(self.tickets.issue(caller))

    async def _admit(self, endpoint: Endpoint, request: ClientRequest, invocation: Invocation) -> Caller | None:
        return self._admit_blocking(endpoint, request, invocation)

    def _admit_blocking(self, endpoint: Endpoint, request: ClientRequest, invocation: Invocation) -> Caller | None:
        if endpoint.asked_by is None:
            return None
        if (ticket := ticket_of(endpoint, request)) is not None:
            caller = _held(self.tickets.take(ticket, endpoint.asked_by.challenge))
        elif self.claims is None:
            raise not_authenticated("the test names no caller", endpoint.asked_by.challenge)
        else:
            caller = Caller(endpoint.asked_by.name, dict(self.claims))
        invocation.about.update(caller.told)
        return caller


def _held[Result](conversation: Conversation[Result]) -> Result:
    """Hold a conversation that asks nobody."""
    try:
        question = next(conversation)
    except StopIteration as ended:
        result: Result = ended.value
        return result
    raise AssertionError(question)
