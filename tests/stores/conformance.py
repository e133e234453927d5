"""What every table, queue and bucket does, whoever keeps it. Each adapter runs the same rules."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from random import Random
from typing import Any, Protocol

import pytest

from fanin.aws.client import Aws
from fanin.stores.aws.bucket import AwsBucket
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.queue import AwsQueue
from fanin.stores.aws.table import AwsTable
from fanin.stores.bounds import MAX_BATCH, MAX_ITEM, MAX_MESSAGE, MAX_OBJECT, Patience
from fanin.stores.bucket import Bucket
from fanin.stores.condition import (
    Absent,
    Condition,
    Fewer,
    Has,
    Present,
    Value,
    above,
    at_most,
    below,
    different,
    equal,
)
from fanin.stores.errors import ConditionFailed, StoreError, StoreTooLarge
from fanin.stores.memory.bucket import MemoryBucket
from fanin.stores.memory.queue import MemoryQueue
from fanin.stores.memory.table import MemoryTable
from fanin.stores.queue import Queue
from fanin.stores.table import Change, Item, Table, took
from tests.stores.resources import create_bucket, create_queue, create_table, received

INDEXES = {"due": ("kind", "due")}
PAIR = ("a", "b")
ONE: Mapping[str, str] = {"pk": "1"}
ITEM: Item = {
    "pk": "1",
    "text": "São Paulo \U0001f30d",
    "empty": "",
    "count": 3,
    "name": "a word of the store's own",
    "moment": 1_800_000_000.123456,
    "third": 1 / 3,
    "below": -2.5,
    "bytes": bytes(range(256)),
    "set": frozenset({"a", "b"}),
}
CONDITIONS: Sequence[tuple[Condition, bool]] = [
    (Absent("nothing"), True),
    (Absent("count"), False),
    (Absent("pk"), False),
    (Present("count"), True),
    (Present("nothing"), False),
    (different("count", 4), True),
    (different("count", 3), False),
    (different("nothing", 3), True),
    (equal("count", 3), True),
    (equal("count", 3.0), True),
    (equal("count", 4), False),
    (equal("count", "3"), False),
    (equal("nothing", 3), False),
    (equal("moment", 1_800_000_000.123456), True),
    (below("count", 4), True),
    (below("count", 3), False),
    (below("nothing", 3), False),
    (below("text", "T"), True),
    (at_most("count", 3), True),
    (at_most("count", 2.9), False),
    (at_most("nothing", 3), False),
    (above("count", 2.9), True),
    (above("count", 3), False),
    (above("nothing", 3), False),
    (above("text", "T"), False),
    (above("text", "S"), True),
    (Has("set", "a"), True),
    (Has("set", "c"), False),
    (Has("nothing", "a"), False),
    (Fewer("set", 3), True),
    (Fewer("set", 2), False),
    (Fewer("nothing", 2), True),
    (equal("count", 3) & Has("set", "a"), True),
    (equal("count", 3) & Has("set", "c"), False),
    (Absent("count") | at_most("count", 3), True),
    (Absent("count") | at_most("count", 2), False),
    (equal("count", 3) & (Absent("set") | Has("set", "c")), False),
    (equal("count", 4) & Absent("nothing") | Has("set", "b"), True),
    ((Absent("nothing") | equal("count", 4)) & Has("set", "c"), False),
]


class Keepers(Protocol):
    """Who keeps the tables, queues and buckets of a test, each of them empty."""

    def run[T](self, work: Coroutine[Any, Any, T]) -> T: ...

    def table(
        self, key: Sequence[str], indexes: Mapping[str, tuple[str, str]] | None = None, numbers: Collection[str] = ()
    ) -> Table: ...

    def queue(self) -> Queue: ...

    def received(self, queue: Queue) -> list[tuple[str, dict[str, str]]]:
        """Receive what is in a queue that was made last."""
        ...

    def bucket(self) -> Bucket: ...


class InMemory:
    """What is kept in this process."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._worked: list[tuple[str, dict[str, str]]] = []

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def table(
        self,
        key: Sequence[str],
        indexes: Mapping[str, tuple[str, str]] | None = None,
        numbers: Collection[str] = (),  # noqa: ARG002 - an attribute can be of any type
    ) -> Table:
        return MemoryTable(key, lambda: 0.0, indexes=indexes)

    def queue(self) -> Queue:
        async def work(body: str, attributes: Mapping[str, str]) -> None:
            self._worked.append((body, dict(attributes)))

        return MemoryQueue(work)

    def received(self, queue: Queue) -> list[tuple[str, dict[str, str]]]:
        assert isinstance(queue, MemoryQueue)
        self.run(_turns_of_the_loop())
        return self._worked

    def bucket(self) -> Bucket:
        return MemoryBucket()


class Patiently(Calls):
    """A service that a busy machine may make wait."""

    async def call[Answer](
        self,
        operation: str,
        payload: Mapping[str, Any],
        read: Callable[[Any], Answer],
        *,
        within: float | None = None,
    ) -> Answer:
        return await super().call(operation, payload, read, within=30 + (within or 0))


class InAws:
    """What is kept in an AWS."""

    def __init__(self, aws: Aws, runner: asyncio.Runner) -> None:
        self._aws = aws
        self._runner = runner
        self._queue = ""

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def calls(self, service: str) -> Calls:
        return Patiently(self._aws, service, Patience(30))

    def table(
        self, key: Sequence[str], indexes: Mapping[str, tuple[str, str]] | None = None, numbers: Collection[str] = ()
    ) -> Table:
        name = self.run(create_table(self._aws, key, indexes, numbers=numbers))
        return AwsTable(self.calls("dynamodb"), name)

    def queue(self) -> Queue:
        self._queue = self.run(create_queue(self._aws))
        return AwsQueue(self.calls("sqs"), self._queue)

    def received(self, queue: Queue) -> list[tuple[str, dict[str, str]]]:
        assert isinstance(queue, AwsQueue)
        return self.run(received(self._aws, self._queue))

    def bucket(self) -> Bucket:
        return AwsBucket(self.calls("s3"), self.run(create_bucket(self._aws)))


async def _turns_of_the_loop() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class TableRules:
    """The rules of a table."""

    @pytest.fixture
    def table(self, keepers: Keepers) -> Table:
        return keepers.table(("pk",), INDEXES, numbers={"due"})

    def test_an_item_is_read_as_it_was_written(self, keepers: Keepers, table: Table) -> None:
        assert keepers.run(table.get(ONE)) is None
        keepers.run(table.put(ITEM))
        assert keepers.run(table.get(ONE, consistent=True)) == ITEM
        assert keepers.run(table.get({"pk": "2"})) is None
        keepers.run(table.put({"pk": "1", "other": 1}))
        assert keepers.run(table.get(ONE, consistent=True)) == {"pk": "1", "other": 1}
        assert table.met

    def test_items_of_one_first_attribute_are_told_apart_by_the_second(self, keepers: Keepers) -> None:
        pairs = keepers.table(PAIR)
        for number in range(3):
            keepers.run(pairs.put({"a": "x", "b": str(number), "n": number}))
        assert keepers.run(pairs.get({"a": "x", "b": "1"}, consistent=True)) == {"a": "x", "b": "1", "n": 1}
        assert keepers.run(pairs.delete({"a": "x", "b": "1"}))["n"] == 1
        assert keepers.run(pairs.get({"a": "x", "b": "1"}, consistent=True)) is None
        assert keepers.run(pairs.get({"a": "x", "b": "2"}, consistent=True))

    @pytest.mark.parametrize(("condition", "holds"), CONDITIONS, ids=str)
    def test_a_change_is_made_where_its_condition_holds(
        self, keepers: Keepers, table: Table, condition: Condition, *, holds: bool
    ) -> None:
        keepers.run(table.put(ITEM))
        changed = keepers.run(took(table.change(ONE, Change({"new": 1}), where=condition)))
        assert changed is holds
        assert ("new" in (keepers.run(table.get(ONE, consistent=True)) or {})) is holds
        keepers.run(table.put(ITEM))
        assert keepers.run(took(table.put({"pk": "1", "whole": 1}, where=condition))) is holds
        assert (keepers.run(table.get(ONE, consistent=True)) == {"pk": "1", "whole": 1}) is holds

    def test_of_an_item_that_is_absent_everything_is(self, keepers: Keepers, table: Table) -> None:
        with pytest.raises(ConditionFailed):
            keepers.run(table.put(ITEM, where=equal("count", 3)))
        with pytest.raises(ConditionFailed):
            keepers.run(table.change(ONE, Change({"a": 1}), where=Has("set", "a")))
        assert keepers.run(table.get(ONE, consistent=True)) is None
        keepers.run(table.put(ITEM, where=Absent("pk")))
        with pytest.raises(ConditionFailed):
            keepers.run(table.put(ITEM, where=Absent("pk")))

    def test_a_change_is_made_of_its_parts(self, keepers: Keepers, table: Table) -> None:
        change = Change(
            put={"name": "x", "bytes": b"1"},
            start={"first": 7, "count": 99},
            add={"count": 2, "new": 1.5},
            join={"set": frozenset({"b", "c"}), "fresh": frozenset({"z"})},
            drop=("text", "nothing"),
        )
        keepers.run(table.put(ITEM))
        del_count = Change(put=change.put, start={"first": 7}, add=change.add, join=change.join, drop=change.drop)
        assert keepers.run(table.change(ONE, del_count, before=True)) == ITEM
        assert keepers.run(table.get(ONE, consistent=True)) == {
            **{name: value for name, value in ITEM.items() if name != "text"},
            "name": "x",
            "bytes": b"1",
            "first": 7,
            "count": 5,
            "new": 1.5,
            "set": frozenset({"a", "b", "c"}),
            "fresh": frozenset({"z"}),
        }
        keepers.run(table.change(ONE, Change(start={"first": 8, "second": 8})))
        item = keepers.run(table.get(ONE, consistent=True)) or {}
        assert (item["first"], item["second"]) == (7, 8)

    def test_a_change_makes_the_item_that_is_absent_and_gives_none_before(self, keepers: Keepers, table: Table) -> None:
        assert keepers.run(table.change(ONE, Change({"a": 1}, add={"n": 1}), before=True)) == {}
        assert keepers.run(table.get(ONE, consistent=True)) == {"pk": "1", "a": 1, "n": 1}
        assert keepers.run(table.change(ONE, Change({"a": 2}))) == {}

    def test_a_set_without_members_is_absent(self, keepers: Keepers, table: Table) -> None:
        keepers.run(table.put({"pk": "1", "set": frozenset({"a", "b"})}))
        keepers.run(table.change(ONE, Change(leave={"set": frozenset({"a", "nobody"})})))
        assert keepers.run(table.get(ONE, consistent=True)) == {"pk": "1", "set": frozenset({"b"})}
        keepers.run(table.change(ONE, Change(leave={"set": frozenset({"b"})})))
        assert keepers.run(table.get(ONE, consistent=True)) == ONE
        keepers.run(table.change(ONE, Change(leave={"set": frozenset({"b"})}), where=Absent("set")))

    def test_of_many_that_write_at_once_one_does(self, keepers: Keepers, table: Table) -> None:
        async def race(changes: Sequence[Awaitable[object]]) -> int:
            return sum(await asyncio.gather(*(took(change) for change in changes)))

        assert keepers.run(race([table.put({"pk": "1", "revision": 1}, where=Absent("pk")) for _ in range(8)])) == 1
        second = Change({"revision": 2})
        assert keepers.run(race([table.change(ONE, second, where=equal("revision", 1)) for _ in range(8)])) == 1
        assert keepers.run(race([table.change(ONE, Change(add={"revision": 1})) for _ in range(8)])) == 8
        assert keepers.run(table.get(ONE, consistent=True)) == {"pk": "1", "revision": 10}

    def test_what_is_deleted_is_given_and_gone(self, keepers: Keepers, table: Table) -> None:
        assert keepers.run(table.delete(ONE)) == {}
        keepers.run(table.put(ITEM))
        assert keepers.run(table.delete(ONE)) == ITEM
        assert keepers.run(table.get(ONE, consistent=True)) is None
        with pytest.raises(ConditionFailed):
            keepers.run(table.delete(ONE, where=equal("pk", "1")))
        assert keepers.run(table.delete(ONE, where=Absent("text"))) == {}
        keepers.run(table.put({"pk": "1", "text": "a"}))
        with pytest.raises(ConditionFailed):
            keepers.run(table.delete(ONE, where=Absent("text") | equal("text", "b")))
        assert keepers.run(table.delete(ONE, where=Absent("text") | equal("text", "a"))) == {"pk": "1", "text": "a"}
        keys = [{"pk": str(number)} for number in range(MAX_BATCH + 2)]
        for key in keys:
            keepers.run(table.put(key))
        keepers.run(table.delete_all([*keys, {"pk": "nobody"}]))
        assert [keepers.run(table.get(key, consistent=True)) for key in keys] == [None] * len(keys)
        keepers.run(table.delete_all([]))

    def test_an_index_has_what_has_its_attributes_in_their_order(self, keepers: Keepers, table: Table) -> None:
        for number in (3, 1, 2, 10, -1):
            keepers.run(table.put({"pk": str(number), "kind": "y", "due": number, "n": number}))
        keepers.run(table.put({"pk": "undue", "kind": "y"}))
        keepers.run(table.put({"pk": "other", "kind": "n", "due": 1}))

        def found(where: Condition, limit: int = 100, *, backwards: bool = False) -> list[Value]:
            return [i["pk"] for i in keepers.run(table.find("due", where, limit=limit, backwards=backwards))]

        mine = equal("kind", "y")
        assert found(mine) == ["-1", "1", "2", "3", "10"]
        assert found(mine & at_most("due", 3)) == ["-1", "1", "2", "3"]
        assert found(mine & below("due", 3)) == ["-1", "1", "2"]
        assert found(mine & below("due", 2.5), backwards=True) == ["2", "1", "-1"]
        assert found(mine, 2, backwards=True) == ["10", "3"]
        assert found(equal("kind", "nobody")) == []
        keepers.run(table.change({"pk": "1"}, Change(drop=("due", "kind"))))
        assert found(mine & at_most("due", 3)) == ["-1", "2", "3"]

    def test_what_is_found_fills_more_than_one_page(self, keepers: Keepers, table: Table) -> None:
        for number in range(7):
            keepers.run(table.put({"pk": str(number), "kind": "y", "due": number, "large": "x" * 380_000}))
        found = keepers.run(table.find("due", equal("kind", "y"), limit=6))
        assert [item["pk"] for item in found] == [str(number) for number in range(6)]

    def test_an_item_over_the_bound_is_refused_and_leaves_what_was_there(self, keepers: Keepers, table: Table) -> None:
        fits: Item = {"pk": "1", "b": bytes(MAX_ITEM - len("pk" + "1" + "b"))}
        keepers.run(table.put(fits))
        with pytest.raises(StoreTooLarge):
            keepers.run(table.put({**fits, "b": bytes(MAX_ITEM)}))
        assert keepers.run(table.get(ONE, consistent=True)) == fits

    def test_any_changes_in_any_order_come_to_what_they_do_in_memory(self, keepers: Keepers, table: Table) -> None:
        """The table in memory is the model: whoever keeps it, each step gives and leaves the same."""
        model, random = MemoryTable(("pk",), lambda: 0.0, indexes=INDEXES), Random(21)
        for _ in range(120):
            step = _random_step(random)
            assert keepers.run(_came_to(step(table))) == keepers.run(_came_to(step(model)))
        assert len(model) > 1


def _random_step(random: Random) -> Callable[[Table], Coroutine[Any, Any, object]]:
    """Choose a step, to be taken in any table."""
    key = {"pk": str(random.randrange(4))}
    names, number, member = ["n", "m"], random.randrange(5), random.choice("abc")
    name = random.choice(names)
    simple: list[Condition] = [
        Absent(name),
        equal(name, number),
        different(name, number),
        Present(name),
        below(name, number),
        at_most(name, number),
        above(name, number),
        Has("set", member),
        Fewer("set", 2),
        equal("text", member),
    ]
    where = random.choice([None, random.choice(simple), random.choice(simple) & random.choice(simple)])
    where = where | random.choice(simple) if where and random.random() < 0.3 else where
    change = random.choice(
        [
            Change({name: number, "text": member}, join={"set": frozenset({member})}),
            Change(start={name: number}, leave={"set": frozenset({member, "a"})}),
            Change(add={name: number + 0.5}, drop=("text",)),
            Change({"kind": member, "due": number}),
            Change(drop=(name, "kind")),
        ]
    )
    match random.randrange(6):
        case 0:
            return lambda table: table.put({**key, name: number, "set": frozenset({"a", member})}, where=where)
        case 1:
            return lambda table: table.delete(key)
        case 2:
            return lambda table: table.get(key, consistent=True)
        case _:
            return lambda table: table.change(key, change, where=where, before=True)


async def _came_to(step: Coroutine[Any, Any, object]) -> object:
    try:
        return await step
    except StoreError as error:
        return type(error)


class QueueRules:
    """The rules of a queue."""

    def test_what_is_sent_comes(self, keepers: Keepers) -> None:
        queue = keepers.queue()
        keepers.run(queue.send('{"say": "Olá \U0001f30d"}'))
        keepers.run(queue.send("b", attributes={"reason": "line 1\nline 2\x00ü", "again": "no"}))
        assert sorted(keepers.received(queue)) == [
            ("b", {"reason": "line 1 line 2 ü", "again": "no"}),
            ('{"say": "Olá \U0001f30d"}', {}),
        ]

    def test_a_message_over_the_bound_is_refused(self, keepers: Keepers) -> None:
        queue = keepers.queue()
        with pytest.raises(StoreTooLarge):
            keepers.run(queue.send("ü" * (MAX_MESSAGE // 2) + "x"))
        with pytest.raises(StoreTooLarge):
            keepers.run(queue.send("x" * (MAX_MESSAGE - 20), attributes={"reason": "x" * 20}))
        assert keepers.received(queue) == []


class BucketRules:
    """The rules of a bucket."""

    def test_an_object_is_read_as_it_was_written(self, keepers: Keepers) -> None:
        bucket = keepers.bucket()
        assert keepers.run(bucket.get("answers/1.json")) is None
        keepers.run(bucket.put("answers/1.json", bytes(range(256)) * 1000))
        assert keepers.run(bucket.get("answers/1.json")) == bytes(range(256)) * 1000
        keepers.run(bucket.put("answers/1.json", b""))
        assert keepers.run(bucket.get("answers/1.json")) == b""

    def test_an_object_over_the_bound_is_refused(self, keepers: Keepers) -> None:
        bucket = keepers.bucket()
        with pytest.raises(StoreTooLarge):
            keepers.run(bucket.put("k", bytes(MAX_OBJECT + 1)))
        assert keepers.run(bucket.get("k")) is None
