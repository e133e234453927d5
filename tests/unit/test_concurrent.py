"""fanin.engine.execution.concurrent: all calls at once, each the moment its references are there."""

import asyncio
from typing import Any

import pytest

from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.errors import SourceTimeout
from fanin.testing import fake_clock
from tests.unit.scenario import Scenario, fails, gives, hangs, scenario

TRIP = """
[sources.geo]
url = "https://geo.example/{city}"
[sources.weather]
url = "https://weather.example/{geo.lat}"
[sources.country]
url = "https://country.example/{geo.cc}"
[sources.rates]
url = "https://rates.example/{country.cur}"
[sources.events]
url = "https://events.example/{city}"
[sources.both]
url = "https://both.example/{weather.t}/{events.n}"
[endpoints.e]
path = "/e/{city}"
sources = ["geo", "weather", "country", "rates", "events", "both"]
"""


def trip(**scripts: Any) -> Scenario:
    """Make the scenario of a trip, each source taking another time."""
    usual = {
        "geo": gives({"lat": 1, "cc": "PT"}, 0.1),
        "weather": gives({"t": 20}, 0.4),
        "country": gives({"cur": "EUR"}, 0.05),
        "rates": gives({"EUR": 1}, 0.1),
        "events": gives({"n": 2}, 0.2),
        "both": gives({"x": 1}, 0.1),
    }
    return scenario(TRIP, **(usual | scripts))


def test_a_source_starts_the_moment_its_own_references_are_there() -> None:
    """There are no rounds: rates does not wait for weather, nor weather for events."""
    scene = trip()
    result = scene.run(city="Lisbon")
    expected = {"geo": 0, "events": 0, "weather": 0.1, "country": 0.1, "rates": 0.15, "both": 0.5}
    assert scene.started == pytest.approx(expected)
    spans = result.trace.spans
    assert {name: span.ready for name, span in spans.items()} == pytest.approx(expected)
    assert {name: span.started for name, span in spans.items()} == pytest.approx(expected)
    ended = {"geo": 0.1, "events": 0.2, "weather": 0.5, "country": 0.15, "rates": 0.25, "both": 0.6}
    assert {name: span.ended for name, span in spans.items()} == pytest.approx(ended)


def test_a_hanging_branch_holds_up_no_other() -> None:
    """What does not need it starts and ends as ever."""
    scene = trip(weather=hangs())
    result = scene.run(city="Lisbon", deadline=3)
    assert scene.started["rates"] == pytest.approx(0.15)
    assert result.outcomes["rates"].value == {"EUR": 1}
    assert isinstance(result.outcomes["weather"].error, SourceTimeout)
    assert "both" not in scene.started


def test_a_failure_holds_up_no_other() -> None:
    """A sibling's failure cancels nothing."""
    scene = trip(weather=fails(after=0.01))
    assert set(scene.run(city="Lisbon").failures) == {"weather", "both"}
    assert "rates" in scene.started


def test_a_dependant_fails_while_others_that_it_needs_still_run() -> None:
    """Its failure is known at once, and the running one is not lost."""
    scene = trip(events=fails(after=0.01))
    result = scene.run(city="Lisbon")
    assert result.trace.spans["both"].ready == pytest.approx(0.01)
    assert result.outcomes["weather"].value == {"t": 20}


@pytest.mark.parametrize("scripts", [{}, {"geo": fails()}, {"weather": hangs()}], ids=["all well", "failed", "hanging"])
def test_no_task_is_left_after_a_request(scripts: dict[str, Any]) -> None:
    """Whatever the calls came to, nothing runs on."""

    async def body() -> int:
        await trip(**scripts).request(city="Lisbon", deadline=2)
        return len(asyncio.all_tasks())

    assert fake_clock.run(body()) == 1


def test_cancelling_a_request_cancels_its_calls() -> None:
    """Every fetch under way is ended before the cancellation is through."""
    scene = trip(weather=hangs(), country=hangs())

    async def body() -> int:
        request = asyncio.create_task(scene.request(city="Lisbon", deadline=1000))
        await asyncio.sleep(1)
        assert sorted(scene.ended) == ["events", "geo"]
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        return len(asyncio.all_tasks())

    assert fake_clock.run(body()) == 1
    assert sorted(scene.ended) == ["country", "events", "geo", "weather"]


def test_an_error_of_fanin_itself_ends_the_request_and_its_calls() -> None:
    """What is no SourceError is no outcome: it comes out, and leaves nothing running."""

    async def broken(_: Call) -> Outcome[Any]:
        raise ZeroDivisionError

    scene = trip(events=broken, geo=hangs())

    async def body() -> int:
        with pytest.raises(ExceptionGroup) as caught:
            await scene.request(city="Lisbon")
        assert caught.group_contains(ZeroDivisionError)
        return len(asyncio.all_tasks())

    assert fake_clock.run(body()) == 1
    assert sorted(scene.ended) == ["events", "geo"]


def test_two_hundred_sources_start_together() -> None:
    """A fan-out has no limit but the endpoint's list."""
    names = [f"s{number}" for number in range(200)]
    text = "".join(f'[sources.{name}]\nurl = "https://{name}.example"\n' for name in names)
    scene = scenario(text + f'[endpoints.e]\npath = "/e"\nsources = {names}\n', **dict.fromkeys(names, gives({}, 0.1)))
    assert scene.run().outcomes.keys() == set(names)
    assert set(scene.started.values()) == {0.0}
