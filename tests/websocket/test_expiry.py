"""A connection's credentials expire, and what was asked with them ends, on time and with a problem."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from fanin.engine.caller import Caller
from fanin.engine.catalogue import Catalogue
from fanin.engine.invocation import Invocation
from fanin.entrypoints.websocket.connections import Connections, Turn
from fanin.entrypoints.websocket.handshake import Connected, greeting
from fanin.entrypoints.websocket.limits import CONNECTION_LIFE
from fanin.entrypoints.websocket.service import Service
from fanin.entrypoints.websocket.session import Session
from fanin.entrypoints.websocket.subject import FindJob, Subjects
from fanin.errors import RequestError
from fanin.jobs.job import Job, State, queued
from fanin.stores.condition import Condition
from fanin.stores.errors import StoreUnavailable
from fanin.stores.memory.table import MemoryTable
from fanin.stores.table import Item
from fanin.testing import fake_clock
from tests.websocket.memory import Table
from tests.websocket.shaking import CONFIG, FETCHES, door_of

ADA = Caller("partners", {"sub": "ada"})
OWN = {"action": "subscribe", "id": "a", "endpoint": "own", "params": {"id": "7"}, "every": "30s"}
FREE = {"action": "subscribe", "id": "f", "endpoint": "free", "every": "30s"}
JOB = {"action": "subscribe", "id": "j", "job": "0f" * 16}
EXPIRED = "the credentials of this connection have expired: connect again"


def told(messages: list[tuple[float, dict[str, Any]]], id_: str) -> list[tuple[float, str]]:
    """Give when a subscription got which values and problems."""
    return [
        (at, message.get("value") or message["problem"]["type"].rpartition("/")[2])
        for at, message in messages
        if message["id"] == id_ and message["type"] in {"source", "problem"}
    ]


def following(
    *sent: tuple[float, Any], until: float, connected: Connected | None, find_job: FindJob | None = None
) -> list[tuple[float, dict[str, Any]]]:
    """Give what the client of a server's connection is sent, and when."""
    heard: list[tuple[float, dict[str, Any]]] = []

    async def hear(text: str) -> None:
        heard.append((round(fake_clock.now(), 3), json.loads(text)))

    async def say() -> AsyncIterator[str]:
        for at, message in sent:
            await asyncio.sleep(at - fake_clock.now())
            yield json.dumps(message)
        await asyncio.sleep(until - fake_clock.now())

    async def run() -> None:
        subjects = Subjects(Catalogue(CONFIG, fake_clock.now), FETCHES, find_job=find_job)
        await Session(subjects, hear, fake_clock.now, connected=connected).serve(say())

    fake_clock.run(run())
    return heard


def test_under_a_server_a_subscription_ends_in_the_second_in_which_its_credentials_expire() -> None:
    """In the middle of a pause; another one, of what is open to anyone, goes on."""
    heard = following((0, OWN), (0, FREE), (80, {**OWN, "id": "b"}), until=100, connected=Connected(ADA, 70))
    assert [at for at, _ in told(heard, "f")] == [0]
    assert told(heard, "a") == [(0, "https://own.example/ada/7"), (70, "not-authenticated")]
    (ended,) = [message for at, message in heard if at == 70]
    assert (ended["n"], ended["problem"]["status"], ended["problem"]["detail"]) == (5, 401, EXPIRED)
    assert told(heard, "b") == [(80, "not-authenticated")]
    assert {message["type"] for at, message in heard if message["id"] == "f" and at > 70} == {"complete"}


def job_of(owner: str) -> Job:
    return queued("0f" * 16, owner, "own", {"id": "7"}, "", now=0.0)


def finding(owner: str) -> FindJob:
    async def find(_: str, asked_by: str) -> Job:
        if owner not in {"", asked_by}:
            raise RequestError(404, "unknown-job", "Unknown job", "there is no such job, or no more")
        return job_of(owner)

    return find


@pytest.mark.parametrize(
    ("owner", "connected", "problem"),
    [
        (ADA.owner, Connected(ADA, 1000), None),
        ("", Connected(ADA, 1000), None),
        ("", None, None),
        (ADA.owner, None, "unknown-job"),
        (ADA.owner, Connected(Caller("partners", {"sub": "bob"}), 1000), "unknown-job"),
        (ADA.owner, Connected(ADA, 0), "not-authenticated"),
    ],
    ids=["owner", "nobody's", "nobody's, nobody asks", "nobody asks", "another's", "expired"],
)
def test_a_job_is_followed_by_its_owner(owner: str, connected: Connected | None, problem: str | None) -> None:
    heard = following((0, JOB), until=1, connected=connected, find_job=finding(owner))
    assert [what for _, what in told(heard, "j")] == ([problem] if problem else [])
    assert problem or heard[0][1]["job"] == State.QUEUED.value


class Function:
    """The function, on a clock that a test moves."""

    def __init__(self, table: MemoryTable | None = None) -> None:
        self.now, self.heard, self.later = 1_800_000_000.0, list[dict[str, Any]](), list[tuple[Turn, float]]()
        self.table = Table() if table is None else table
        self.table._now = lambda: self.now
        subjects = Subjects(Catalogue(CONFIG), FETCHES)
        self.service = Service(subjects, Connections(self.table, lambda: self.now), _Post(self), _Later(self))

    def run(self, work: Any) -> list[dict[str, Any]]:
        self.heard.clear()
        asyncio.run(work)
        return list(self.heard)

    def connect(self, seconds: float) -> None:
        self.run(self.service.connected("c", Connected(ADA, self.now + seconds)))

    def say(self, message: Any) -> list[dict[str, Any]]:
        return self.run(self.service.received("c", json.dumps(message), self.invocation))

    def next(self) -> list[dict[str, Any]]:
        turn, delay = self.later.pop(0)
        self.now += delay
        return self.run(self.service.due(turn, self.invocation))

    @property
    def invocation(self) -> Invocation:
        return Invocation("request", float("inf"))


class _Post:
    def __init__(self, function: Function) -> None:
        self._function = function

    async def close(self, connection: str) -> None:
        raise NotImplementedError

    async def send(self, _: str, text: str) -> None:
        self._function.heard.append(json.loads(text))


class _Later:
    def __init__(self, function: Function) -> None:
        self._function = function

    async def send(self, turn: Turn, delay: float) -> None:
        self._function.later.append((turn, delay))


def test_behind_api_gateway_the_last_turn_comes_when_the_credentials_expire() -> None:
    function = Function()
    function.connect(70)
    first = function.say(OWN)
    assert first[0]["value"] == "https://own.example/ada/7"
    assert [message["type"] for message in function.next()] == ["complete"]
    assert [message["type"] for message in function.next()] == ["complete"]
    assert [delay for _, delay in function.later] == [10], "the credentials end before the round is due"
    (ended,) = function.next()
    assert (ended["id"], ended["n"], ended["problem"]["status"], ended["problem"]["detail"]) == ("a", 5, 401, EXPIRED)
    assert function.later == []
    assert [row["item"] for row in function.table.items] == ["connection"]
    (again,) = function.say(OWN)
    assert again["problem"]["detail"] == EXPIRED
    assert function.say(FREE)[0]["value"] == "https://free.example/"


def test_a_connection_that_is_not_kept_has_no_caller() -> None:
    """Its row may have expired, or was never written: then nobody is behind it."""
    function = Function()
    (refused,) = function.say(OWN)
    assert refused["problem"]["status"] == 401


class Down(Table):
    """A table that is out of order when a test says so."""

    down = False

    async def put(self, item: Item, *, where: Condition | None = None, within: float | None = None) -> None:
        if self.down:
            raise StoreUnavailable("down")
        await super().put(item, where=where, within=within)

    async def get(self, key: Any, *, consistent: bool = False, within: float | None = None) -> Item | None:
        if self.down:
            raise StoreUnavailable("down")
        return await super().get(key, consistent=consistent, within=within)


def test_while_the_table_is_down_nobody_is_taken_for_a_caller() -> None:
    function = Function(table := Down())
    table.down = True
    with pytest.raises(RequestError) as refused:
        function.connect(70)
    assert (refused.value.status, refused.value.problem) == (503, "subscriptions-unavailable")
    table.down = False
    function.connect(70)
    function.say(OWN)
    table.down = True
    (late,) = function.next()
    assert late["problem"]["type"].endswith("/subscriptions-unavailable")
    (refused_message,) = function.say({**OWN, "id": "b"})
    assert refused_message["problem"]["type"].endswith("/subscriptions-unavailable")
    table.down = False
    assert [message["type"] for message in function.next()] == ["complete"]


@pytest.mark.parametrize(
    ("exp", "seconds"),
    [
        (1_800_000_060, 60),
        ("1800000070", 70),
        (1_900_000_000, CONNECTION_LIFE),
        (None, CONNECTION_LIFE),
        ("soon", CONNECTION_LIFE),
    ],
)
def test_a_caller_is_known_until_its_credentials_expire_and_for_two_hours_at_most(exp: Any, seconds: float) -> None:
    async def shake() -> Connected | None:
        door = door_of(asyncio.get_running_loop().time)

        async def admit(*_: Any) -> Caller:
            return Caller("partners", {"sub": "ada", **({} if exp is None else {"exp": exp})})

        greet = greeting(Catalogue(CONFIG), replace(door, admit=admit, now=lambda: 1_800_000_000.0))
        return await greet({}, [], Invocation("r", float("inf")))

    connected = asyncio.run(shake())
    assert connected
    assert connected.until == 1_800_000_000 + seconds
