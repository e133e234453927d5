"""client_limit: clients of many environments at once, and what holds while the table that counts for all is down."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from random import Random

import pytest

from fanin.compose.client_limits import ClientLimits, limited
from fanin.config import Config, Endpoint, parse
from fanin.contract.client_address import Proxies
from fanin.contract.client_limit import MOST_CLIENTS, ClientCounts
from fanin.engine.call import Runtime
from fanin.engine.catalogue import Caller, ClientRequest
from fanin.engine.front_door import OPEN, FrontDoor
from fanin.engine.invocation import Invocation, Network
from fanin.errors import RequestError
from fanin.stores.client_counts import Asks
from fanin.stores.condition import Condition
from fanin.stores.errors import StoreUnavailable
from fanin.stores.memory.table import MemoryTable
from fanin.stores.table import Change, Item, Key

CALLS, PER = 20, 10.0
BEGAN = 1_800_000_000.0
ENVIRONMENTS, CALLERS, REQUESTS = 10, 50, 10_000
SECONDS = 100
ADA, BOB = "192.0.2.1", "192.0.2.2"


class Time:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = BEGAN

    @property
    def runtime(self) -> Runtime:
        return Runtime(clock=lambda: self.now, now=lambda: self.now)


class SlowTable:
    """A table in memory that others come to between a request and its answer; `down`, it does not answer."""

    met = True

    def __init__(self, time: Time) -> None:
        self._table = MemoryTable(("pk",), lambda: time.now)
        self.asked = 0
        self.down = False

    async def get(self, key: Key, *, consistent: bool = False, within: float | None = None) -> Item | None:
        await self._answer(within)
        return await self._table.get(key, consistent=consistent)

    async def change(
        self,
        key: Key,
        change: Change,
        *,
        where: Condition | None = None,
        before: bool = False,
        within: float | None = None,
    ) -> Item:
        await self._answer(within)
        return await self._table.change(key, change, where=where, before=before)

    async def _answer(self, within: float | None) -> None:
        assert within
        self.asked += 1
        await asyncio.sleep(0)
        if self.down:
            raise StoreUnavailable("it is down")


def configured(limit: str, path: str = "/thing") -> Config:
    return parse(
        f"""
fanin = 1
[sources.thing]
value = 7
[endpoints.thing]
path = "{path}"
sources = ["thing"]
client_limit = {{ {limit} }}
""",
        {},
    )


def endpoint_of(limit: str) -> Endpoint:
    return configured(limit).endpoints["thing"]


LIMIT = endpoint_of(f'calls = {CALLS}, per = "{PER:.0f}s"')


def environment(time: Time, table: Asks | None, proxies: str = "") -> ClientLimits:
    counts, given = ClientCounts(time.runtime.now), None if table is None else lambda: table
    return ClientLimits(Proxies.of(proxies), counts, time.runtime.clock, given)


def asked_from(address: str) -> Invocation:
    return Invocation("id", 0.0, network=Network(address))


async def admitted(
    limits: ClientLimits, address: str, endpoint: Endpoint = LIMIT, caller: Caller | None = None
) -> bool:
    try:
        await limits.count(endpoint, caller, asked_from(address))
    except RequestError as error:
        return error.status != 429
    return True


def most_within(moments: Sequence[float], per: float) -> int:
    """Give how many moments any stretch of a length has, wherever it begins."""
    return max(sum(begin <= moment < begin + per for moment in moments) for begin in moments)


def simulated(*, table: bool) -> tuple[Mapping[str, list[float]], Mapping[str, list[float]]]:
    """Let 50 callers make 10,000 requests in 100 s, to environments at random; give when each was let in, and refused.

    Five are greedy: they make 1,100 requests each, in whatever rhythm. The others make one in each second.
    """
    random, time = Random(7), Time()
    shared = SlowTable(time) if table else None
    environments = [environment(time, shared) for _ in range(ENVIRONMENTS)]
    ticks = defaultdict[int, list[str]](list)
    greedy, modest = [f"192.0.2.{n}" for n in range(5)], [f"198.51.100.{n}" for n in range(CALLERS - 5)]
    for at, address in enumerate(greedy):
        for number in range(1100):
            bursts = number * at // 3 % SECONDS * 10 if at else random.randrange(SECONDS * 10)
            ticks[bursts].append(address)
    for address in modest:
        for second in range(SECONDS):
            ticks[second * 10 + random.randrange(10)].append(address)
    let_in, refused = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)

    async def ask(address: str) -> None:
        where = let_in if await admitted(random.choice(environments), address) else refused
        where[address].append(time.now)

    async def main() -> None:
        for tick in range(SECONDS * 10):
            time.now = BEGAN + tick / 10
            await asyncio.gather(*[ask(address) for address in ticks[tick]])

    asyncio.run(main())
    assert sum(map(len, ticks.values())) == REQUESTS
    assert sum(map(len, let_in.values())) + sum(map(len, refused.values())) == REQUESTS
    return let_in, refused


def test_ten_environments_hold_fifty_callers_to_their_limit_together() -> None:
    let_in, refused = simulated(table=True)
    greedy = [address for address in let_in if address.startswith("192.0.2.")]
    assert len(let_in) == CALLERS
    assert refused.keys() == set(greedy)
    for address, moments in let_in.items():
        assert most_within(moments, PER) <= CALLS, address
        if address in greedy:
            assert most_within(moments, PER) == CALLS
    steady = len(let_in["192.0.2.0"])
    assert 0.9 * CALLS * SECONDS / PER <= steady <= 1.1 * CALLS * SECONDS / PER


def test_without_a_table_each_environment_lets_in_as_many() -> None:
    """So that the test above would see it if the table counted nothing."""
    let_in, _ = simulated(table=False)
    assert most_within(let_in["192.0.2.0"], PER) > 2 * CALLS


def test_refused_client_asks_the_table_no_more_until_there_is_room() -> None:
    async def main() -> None:
        time = Time()
        table = SlowTable(time)
        here, elsewhere = environment(time, table), environment(time, table)
        assert [await admitted(elsewhere, ADA) for _ in range(CALLS)] == [True] * CALLS
        assert not await admitted(here, ADA)
        before = table.asked
        assert not any([await admitted(where, ADA) for _ in range(100) for where in (here, elsewhere)])
        assert table.asked == before
        time.now += PER * 1.05
        assert await admitted(here, ADA)

    asyncio.run(main())


def test_known_client_costs_one_request_to_the_table() -> None:
    async def main() -> None:
        time = Time()
        table = SlowTable(time)
        limits = environment(time, table)
        for _ in range(CALLS):
            assert await admitted(limits, "192.0.2.1")
        assert table.asked == CALLS

    asyncio.run(main())


def test_without_the_store_each_environment_holds_clients_by_itself() -> None:
    async def main() -> None:
        time = Time()
        table = SlowTable(time)
        limits = [environment(time, table) for _ in range(2)]
        for each in limits:
            assert await admitted(each, ADA)
        table.down = True
        for each in limits:
            assert sum([await admitted(each, ADA) for _ in range(CALLS * 2)]) == CALLS - 1
            assert await admitted(each, BOB)
        table.down = False
        time.now += PER * 1.05
        both = [await admitted(each, ADA) for _ in range(CALLS) for each in limits]
        assert sum(both) == CALLS

    asyncio.run(main())


@pytest.mark.parametrize("shared", [False, True])
def test_a_clock_that_was_far_ahead_refuses_nobody(*, shared: bool) -> None:
    """What was counted by it, and until when it was refused, says nothing of now."""
    time = Time()
    limits = environment(time, SlowTable(time) if shared else None)

    async def body() -> None:
        time.now = BEGAN + 86_400
        assert [await admitted(limits, ADA) for _ in range(CALLS + 2)] == [True] * CALLS + [False] * 2
        time.now = BEGAN
        assert [await admitted(limits, ADA) for _ in range(CALLS + 1)] == [True] * CALLS + [False]

    asyncio.run(body())


def test_what_the_table_refuses_does_not_count_here() -> None:
    """Else a client would have less than its limit once the table is down."""

    async def main() -> None:
        time = Time()
        table = SlowTable(time)
        here, elsewhere = environment(time, table), environment(time, table)
        for _ in range(CALLS):
            assert await admitted(elsewhere, ADA)
        time.now += PER / 2
        assert not await admitted(here, ADA)
        table.down = True
        time.now = BEGAN + PER * 1.05
        assert sum([await admitted(here, ADA) for _ in range(CALLS * 2)]) == CALLS

    asyncio.run(main())


def test_at_most_so_many_clients_are_remembered_and_those_that_go_on_asking_stay() -> None:
    counts, endpoint = ClientCounts(lambda: BEGAN), endpoint_of("calls = 1")
    assert endpoint.client_limit

    def let_in(client: str) -> bool:
        assert endpoint.client_limit
        try:
            counts.begin(endpoint, endpoint.client_limit, client, [])
        except RequestError:
            return False
        return True

    assert all(let_in(f"{number}") for number in range(MOST_CLIENTS))
    assert not let_in("0")
    assert let_in("new")
    assert len(counts) == MOST_CLIENTS
    assert not let_in("0")
    assert not let_in(f"{MOST_CLIENTS - 1}")
    assert let_in("1")


def test_keys_tell_nothing_of_the_client_in_plain() -> None:
    time = Time()
    table = SlowTable(time)
    asyncio.run(admitted(environment(time, table), "192.0.2.77"))
    [item] = table._table.items
    assert re.fullmatch(r"client#thing#[0-9a-f]{32}", str(item["pk"]))
    assert "192.0.2.77" not in repr(item)
    assert item["expires"] == pytest.approx(BEGAN + PER * 1.05 + 60, abs=1)


def test_endpoints_count_apart_and_all_unknown_addresses_together() -> None:
    limits, other = environment(Time(), None), endpoint_of("calls = 1").model_copy()
    other.take_name("other")
    one = endpoint_of("calls = 1")
    given = [admitted(limits, *asked) for asked in [("", one), ("unix", one), ("", other), ("192.0.2.1", one)]]

    async def main() -> list[bool]:
        return [await each for each in given]

    assert asyncio.run(main()) == [True, False, True, True]


@pytest.mark.parametrize(
    ("limit", "left", "policy"),
    [
        ("calls = 3", '"default";r=2;t=2', '"default";q=3;w=1'),
        ('calls = 1, per = "1d"', '"default";r=0;t=87840', '"default";q=1;w=86400'),
        ('calls = 10000, per = "5m"', '"default";r=9999;t=315', '"default";q=10000;w=300'),
    ],
)
def test_answers_say_how_many_requests_are_left(limit: str, left: str, policy: str) -> None:
    invocation = asked_from(ADA)
    asyncio.run(environment(Time(), None).count(endpoint_of(limit), None, invocation))
    assert invocation.headers == [("RateLimit-Policy", policy), ("RateLimit", left)]


def test_threads_and_the_loop_of_an_environment_count_together() -> None:
    limits, endpoint = environment(Time(), None), endpoint_of("calls = 2")
    limits.count_blocking(endpoint, None, asked_from(ADA))
    assert asyncio.run(admitted(limits, ADA, endpoint))
    with pytest.raises(RequestError):
        limits.count_blocking(endpoint, None, asked_from(ADA))


async def finished(admitted: Awaitable[Caller | None]) -> Caller | None:
    return await admitted


def door(calls: list[str]) -> FrontDoor:
    async def admit(*_: object) -> Caller | None:
        return admit_blocking()

    def admit_blocking(*_: object) -> Caller | None:
        calls.append("identify")
        return Caller("staff", {"sub": "ada"})

    return FrontDoor(admit, admit_blocking)


@pytest.mark.parametrize("blocking", [False, True], ids=["loop", "thread"])
@pytest.mark.parametrize(
    ("by", "outcomes", "identified"),
    [("", ["let in", "refused", "refused"], 3), (', by = "address"', ["let in", "let in", "refused"], 2)],
)
def test_callers_are_counted_wherever_they_come_from_and_addresses_before_anybody_is_asked_who_they_are(
    by: str, outcomes: Sequence[str], identified: int, *, blocking: bool
) -> None:
    calls: list[str] = []
    limited_door = limited(door(calls), environment(Time(), None))
    endpoint, request = endpoint_of(f"calls = 1{by}"), ClientRequest({})
    admit, admit_blocking = limited_door.admit, limited_door.admit_blocking
    assert admit
    assert admit_blocking

    def ask(address: str) -> str:
        try:
            if blocking:
                caller = admit_blocking(endpoint, request, asked_from(address))
            else:
                caller = asyncio.run(finished(admit(endpoint, request, asked_from(address))))
        except RequestError:
            return "refused"
        assert caller == Caller("staff", {"sub": "ada"})
        return "let in"

    assert [ask(address) for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")] == outcomes
    assert len(calls) == identified


def test_endpoint_without_a_limit_is_not_counted() -> None:
    free = configured("calls = 1").endpoints["thing"].model_copy(update={"client_limit": None})
    admit = limited(OPEN, environment(Time(), None)).admit
    assert admit
    invocation = asked_from(ADA)
    for _ in range(3):
        assert asyncio.run(finished(admit(free, ClientRequest({}), invocation))) is None
    assert invocation.headers == []
