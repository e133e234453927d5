"""Tickets: each is good once, for half a minute, for the caller that got it; in memory, and in moto's table."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, NoReturn

import pytest

from fanin.aws.client import Aws
from fanin.aws.client_blocking import BlockingAws
from fanin.aws.errors import AwsUnavailable
from fanin.callers.tickets import LIFE, MOST_A_MINUTE, Tickets
from fanin.callers.tickets_kept import InMemory, InTable, TicketsKept
from fanin.callers.written import MAX_WRITTEN
from fanin.credentials.flows import AskAws, Conversation
from fanin.credentials.flows.carry import Carrier
from fanin.credentials.flows.carry_blocking import BlockingCarrier
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.call import Request
from fanin.engine.caller import Caller
from fanin.errors import RequestError
from tests.aws.conftest import environment, moto
from tests.callers.keys.holding import Clock, hold
from tests.roots import tls_context
from tests.stores.resources import create_table

__all__ = ["environment", "moto"]  # fixtures

ADA = Caller("staff", {"sub": "ada@example.com", "teams": ["a"], "exp": 1_900_000_000})
BOB = Caller("staff", {"sub": "bob"})
CHALLENGE = 'Bearer realm="staff"'

type Carry = Callable[[Conversation[Any]], Any]


def nobody(request: Request) -> NoReturn:
    raise AssertionError(request)


class World:
    """Tickets, where they are kept, and what carries their questions, from several threads too."""

    def __init__(self, kept: TicketsKept, carry: Carry, look: Callable[[], str]) -> None:
        self.now = Clock(1_800_000_000.0)
        self.kept, self.carry, self.look = kept, carry, look
        self.redaction = Redaction()
        self.tickets = Tickets(kept, self.redaction, self.now)

    def issue(self, caller: Caller = ADA) -> str:
        return str(self.carry(self.tickets.issue(caller)).text)

    def take(self, ticket: str) -> Any:
        """Give whose the ticket is, or the refusal."""
        return self._tried(self.tickets.take(ticket, CHALLENGE))

    def refused(self, caller: Caller) -> Any:
        return self._tried(self.tickets.issue(caller))

    def _tried(self, conversation: Conversation[Any]) -> Any:
        try:
            return self.carry(conversation)
        except RequestError as error:
            return error.status, error.problem


@pytest.fixture(params=["memory", "table"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        kept = InMemory(Clock())
        made = World(kept, hold, lambda: repr(vars(kept)))
        kept._now = made.now
        yield made
        return
    environment: dict[str, str] = request.getfixturevalue("environment")
    name = asyncio.run(_table(environment))
    with closing(BlockingAws(environment, tls_context())) as aws:

        def ask(asked: AskAws) -> Any:
            return aws.call(asked.service, asked.operation, asked.payload, timeout=30)

        carrier = BlockingCarrier(ask, left=lambda: 30.0)
        look = lambda: repr(aws.call("dynamodb", "Scan", {"TableName": name}, timeout=30))  # noqa: E731
        yield World(InTable(name), lambda conversation: carrier.carry(conversation, nobody), look)


async def _table(environment: dict[str, str]) -> str:
    aws = Aws(environment, tls_context())
    try:
        return await create_table(aws, ["pk"])
    finally:
        await aws.aclose()


def test_a_ticket_is_its_callers_once(world: World) -> None:
    ticket, other = world.issue(), world.issue(BOB)
    assert world.take(ticket) == ADA
    assert world.take(ticket) == (401, "not-authenticated")
    assert world.take(other) == BOB


def test_the_place_knows_no_ticket(world: World) -> None:
    """Whoever reads the table, or the memory, can ask for nothing."""
    ticket = world.issue()
    assert "ada@" in world.look()
    assert ticket not in world.look()
    assert world.take(ticket) == ADA
    assert "ada@" not in world.look().replace(ADA.owner, "")


def test_a_ticket_is_good_for_half_a_minute(world: World) -> None:
    in_time, late = world.issue(), world.issue()
    world.now.now += LIFE - 0.1
    assert world.take(in_time) == ADA
    world.now.now += 0.1
    assert world.take(late) == (401, "not-authenticated")


def test_a_ticket_ends_with_the_credentials(world: World) -> None:
    soon = Caller("staff", {"sub": "ada", "exp": world.now.now + 5})
    assert world.carry(world.tickets.issue(soon)).seconds == 5
    ticket = world.issue(soon)
    world.now.now += 5
    assert world.take(ticket) == (401, "not-authenticated")
    assert world.refused(soon) == (401, "not-authenticated")


def test_of_many_who_bring_a_ticket_at_once_one_is_let_in(world: World) -> None:
    tickets = [world.issue() for _ in range(10)]
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(world.take, tickets * 8))
    assert results.count(ADA) == 10
    assert set(map(str, results)) == {str(ADA), "(401, 'not-authenticated')"}


def test_a_caller_gets_so_many_tickets_in_a_minute(world: World) -> None:
    for _ in range(MOST_A_MINUTE):
        world.issue()
    assert world.refused(ADA) == (429, "too-many-tickets")
    assert world.issue(BOB), "others are not affected"
    world.now.now += 60 - world.now.now % 60
    assert world.issue()


@pytest.mark.parametrize(
    "ticket", ["", "a", "a" * 42, "a" * 44, "é" * 43, "a" * 43, "../" * 14 + "a", "a" * 42 + "\n", "a" * 5000]
)
def test_what_is_no_ticket_is_refused(world: World, ticket: str) -> None:
    world.issue()
    assert world.take(ticket) == (401, "not-authenticated")


def test_tickets_differ_and_have_more_bits_than_anybody_guesses(world: World) -> None:
    tickets = {world.issue() for _ in range(MOST_A_MINUTE)}
    assert len(tickets) == MOST_A_MINUTE
    assert {len(ticket) for ticket in tickets} == {43}, "32 bytes, in base64 for URLs"


def test_a_ticket_is_hidden_in_log_lines(world: World) -> None:
    ticket = world.issue()
    assert world.redaction(f"GET /live?ticket={ticket} failed") == "GET /live?ticket=[ticket] failed"


def test_claims_that_are_too_large_are_not_kept(world: World) -> None:
    assert world.refused(Caller("staff", {"sub": "x" * MAX_WRITTEN})) == (413, "claims-too-large")


def test_memory_is_bounded_and_pushes_nobodys_ticket_out() -> None:
    now = Clock(1_800_000_000.0)
    world = World(InMemory(now, most=3), hold, str)
    world.now = world.tickets._now = now
    tickets = [world.issue() for _ in range(3)]
    assert world.refused(BOB) == (429, "too-many-tickets")
    assert world.take(tickets[0]) == ADA
    assert world.issue(BOB)
    now.now += LIFE
    assert world.issue(BOB), "what has expired makes room"


def test_a_table_that_does_not_answer_lets_nobody_in() -> None:
    async def ask(asked: AskAws) -> Any:
        raise AwsUnavailable(asked.operation)

    tickets = Tickets(InTable("t"), Redaction(), Clock(0.0))
    for conversation in (tickets.issue(ADA), tickets.take("a" * 43, CHALLENGE)):
        with pytest.raises(RequestError) as refused:
            asyncio.run(Carrier(ask).carry(conversation, nobody))
        assert (refused.value.status, refused.value.problem) == (503, "callers-unavailable")
