"""Requests and refreshes while the shared table drops, hangs or is slow for a while: every client has its answer."""

import asyncio

import pytest

from fanin.testing import fake_clock
from tests.unit.caching import says
from tests.unit.test_shared_cache import SETTINGS, Environments

HOWS = {"drops": (True, 0.01), "hangs": (False, 3600.0), "is slow": (False, 0.09)}
"""Whether the table fails, and seconds until it answers."""


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("begins", [0.0, 0.005, 0.15])
def test_an_outage_in_the_middle_of_a_request_costs_it_a_glance_at_most(how: str, begins: float) -> None:
    """Whether it begins before the table is looked at, while it is, or when the answer is to be put there."""

    async def body() -> None:
        many = Environments(3, SETTINGS, *(says(n) for n in range(9)), hand_over=True)
        before = fake_clock.now()
        asking = [asyncio.ensure_future(many.get(n)) for n in range(3)]
        await asyncio.sleep(begins)
        many.items.down, many.items.after = HOWS[how]
        outcomes = await asyncio.gather(*asking)
        assert all(outcome.error is None for outcome in outcomes)
        assert fake_clock.now() - before < 10.0 / 2 + 1.0
        many.items.down, many.items.after = False, 0.01
        await asyncio.sleep(301)
        assert (await many.get(0)).error is None

    fake_clock.run(body())


@pytest.mark.parametrize("how", HOWS)
def test_a_refresh_whose_table_fails_is_done_with_and_the_next_one_keeps_the_answer(how: str) -> None:
    async def body() -> None:
        many = Environments(1, SETTINGS, *(says(n) for n in range(9)), hand_over=True)
        assert (await many.get(0)).value == 0
        await asyncio.sleep(301)
        assert (await many.get(0)).state == "stale"
        many.items.down, many.items.after = HOWS[how]
        await many.work()
        many.items.down, many.items.after = False, 0.01
        await asyncio.sleep(11)
        assert (await many.get(0)).error is None
        await many.work()
        await asyncio.sleep(11)
        outcome = await many.get(0)
        assert outcome.error is None
        assert outcome.state == "fresh"
        assert outcome.value != 0

    fake_clock.run(body())
