"""fanin.stores.breaker: a store that fails costs its bounded time once, and then nothing for a while."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from operator import itemgetter
from typing import Any

import pytest

from fanin.aws.errors import AwsError, AwsUnavailable
from fanin.config.values import Json
from fanin.stores.aws.calls import Calls
from fanin.stores.bounds import SPARED
from fanin.stores.breaker import CLOSED_FOR, Breaker
from fanin.stores.errors import ConditionFailed, StoreUnavailable
from fanin.stores.store import GLANCE
from fanin.testing import fake_clock


class Service:
    """Does what it is told."""

    def __init__(self) -> None:
        self.calls = 0
        self.how: float | Exception = 0.0

    async def call(self, service: str, operation: str, payload: Mapping[str, Json], *, timeout: float) -> Any:  # noqa: ARG002, ASYNC109 - as AWS's client has it
        self.calls += 1
        if isinstance(self.how, Exception):
            raise self.how
        await asyncio.sleep(self.how)
        return {"calls": self.calls}


def guarded_by(service: Service) -> Calls:
    return Calls(service, "dynamodb", SPARED, breaker=Breaker("dynamodb", fake_clock.now))  # type: ignore[arg-type]


FAILURES = [
    60.0,
    AwsUnavailable("dynamodb cannot be reached"),
    AwsError("AccessDeniedException", 400, "no"),
    AwsError("ResourceNotFoundException", 400, "no such table"),
]


@pytest.mark.parametrize("how", FAILURES, ids=str)
def test_a_failure_closes_it_for_all_until_one_has_tried_again(how: float | Exception) -> None:
    async def body() -> None:
        service = Service()
        guarded = guarded_by(service)
        service.how = how

        async def failing() -> None:
            with pytest.raises(StoreUnavailable):
                await guarded.call("GetItem", {}, itemgetter("calls"))

        for window in (1, 2, 3):
            before = fake_clock.now()
            await failing()
            assert fake_clock.now() - before <= GLANCE + 1e-9
            at = fake_clock.now()
            await asyncio.gather(*(failing() for _ in range(100)))
            assert fake_clock.now() == at
            assert service.calls == window
            await asyncio.sleep(CLOSED_FOR)
        service.how = 0.01
        first = asyncio.create_task(guarded.call("GetItem", {}, itemgetter("calls")))
        await asyncio.sleep(0)
        await failing()  # while one tries, the others do without
        assert await first == 4
        assert await guarded.call("GetItem", {}, itemgetter("calls")) == 5

    fake_clock.run(body())


def test_calls_at_the_same_time_fail_at_the_same_time() -> None:
    async def body() -> None:
        service = Service()
        service.how = 60.0
        guarded = guarded_by(service)
        outcomes = await asyncio.gather(
            *(guarded.call("GetItem", {}, itemgetter("calls")) for _ in range(10)), return_exceptions=True
        )
        assert all(isinstance(outcome, StoreUnavailable) for outcome in outcomes)
        assert fake_clock.now() == pytest.approx(GLANCE)

    fake_clock.run(body())


def test_a_condition_that_does_not_hold_is_an_answer() -> None:
    async def body() -> None:
        service = Service()
        service.how = AwsError("ConditionalCheckFailedException", 400, "no")
        guarded = guarded_by(service)
        for _ in range(2):
            with pytest.raises(ConditionFailed):
                await guarded.call("PutItem", {}, itemgetter("calls"))
        assert service.calls == 2

    fake_clock.run(body())


def test_whoever_tries_again_and_is_cancelled_leaves_it_to_the_next() -> None:
    async def body() -> None:
        service = Service()
        service.how = AwsUnavailable("no")
        guarded = guarded_by(service)
        with pytest.raises(StoreUnavailable):
            await guarded.call("GetItem", {}, itemgetter("calls"))
        await asyncio.sleep(CLOSED_FOR)
        service.how = 0.05
        trying = asyncio.create_task(guarded.call("GetItem", {}, itemgetter("calls")))
        await asyncio.sleep(0.01)
        trying.cancel()
        await asyncio.wait([trying])
        assert await guarded.call("GetItem", {}, itemgetter("calls")) == 3

    fake_clock.run(body())


@pytest.mark.parametrize("answer", [0.0, ConditionFailed("no")], ids=["an answer", "a refusal"])
def test_a_store_is_met_once_it_has_answered(answer: float | Exception) -> None:
    """From then on less time is given to it, since the connection is there."""
    breaker = Breaker("dynamodb", fake_clock.now)

    async def call() -> None:
        if isinstance(answer, Exception):
            raise answer

    async def unavailable() -> None:
        raise StoreUnavailable("no connection")

    async def scene() -> None:
        with pytest.raises(StoreUnavailable):
            await breaker.around(unavailable)
        assert not breaker.met
        await asyncio.sleep(CLOSED_FOR)
        with suppress(ConditionFailed):
            await breaker.around(call)
        assert breaker.met

    fake_clock.run(scene())
