"""The same protocol by a function that holds nothing from one message to the next, over somebody else's DynamoDB."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fanin.aws.errors import AwsUnavailable
from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.entrypoints.websocket.connections import LEASE, Turn
from fanin.entrypoints.websocket.limits import CONNECTION_LIFE, LEAST_EVERY, MAX_MESSAGES, MAX_SUBSCRIPTIONS, MAX_UNREAD
from fanin.entrypoints.websocket.messages import Subscribe
from tests.unit.scenario import Script, gives
from tests.websocket.function import Function, Killed
from tests.websocket.scenes import SUBSCRIBE, trip
from tests.websocket.test_session import problem

LIVE = {**SUBSCRIBE, "every": "30s"}

type Make = Callable[..., Function]


@pytest.fixture
def make(environment: dict[str, str]) -> Iterator[Make]:
    """Make functions over a trip, connected, whose sources answer at once unless they are scripted."""
    made = []

    def function(**scripts: Script) -> Function:
        at_once = {
            "geo": gives({"lat": 1, "cc": "PT"}, 0),
            "weather": gives({"t": 20}, 0),
            "rates": gives({"EUR": 1}, 0),
        }
        made.append(Function(trip(**(at_once | scripts)), environment))
        made[-1].connect()
        return made[-1]

    yield function
    for each in made:
        each.close()


def changing() -> Script:
    """Answer with another value at each call."""
    values = iter(range(1000))

    async def fetch(_: Call) -> Outcome[Any]:
        return Outcome({"t": next(values)})

    return fetch


def numbers(messages: list[dict[str, Any]]) -> list[tuple[int, str | None]]:
    return [(message["n"], message.get("source")) for message in messages]


def test_connecting_posts_nothing_and_keeps_a_row_for_two_hours(make: Make) -> None:
    function = make()
    assert not function.heard
    (row,) = function.rows().values()
    assert row["item"] == {"S": "connection"}
    assert int(row["expires"]["N"]) == function.now + CONNECTION_LIFE


def test_a_subscription_sends_each_source_then_complete_and_keeps_nothing_more(make: Make) -> None:
    function = make()
    messages = function.send(SUBSCRIBE)
    assert [m["n"] for m in messages] == [1, 2, 3, 4]
    assert messages[0]["value"] == {"lat": 1, "cc": "PT"}
    assert messages[-1]["again_in"] is None
    assert function.later == []
    assert list(function.rows()) == ["c connection"]
    assert "subscriptions" not in function.rows()["c connection"]


def test_every_goes_on_by_the_queue_sending_what_changed(make: Make) -> None:
    function = make(weather=changing())
    assert len(function.send(LIVE)) == 4
    (_, delay), *_ = function.later
    assert delay == 30
    assert numbers(function.due(function.next())) == [(5, "weather"), (6, None)]
    assert numbers(function.due(function.next())) == [(7, "weather"), (8, None)]
    assert len(function.later) == 1


def test_a_turn_that_is_delivered_twice_is_run_once(make: Make) -> None:
    function = make(weather=changing())
    function.send(LIVE)
    turn = function.next()
    assert function.due(turn)
    assert function.due(turn) == []
    assert len(function.later) == 1


def test_a_turn_that_comes_while_another_runs_comes_again(make: Make) -> None:
    function = make(weather=changing())
    function.kill_at_send = 3
    with pytest.raises(Killed):
        function.send(LIVE)
    turn = function.next()
    function.now -= 10  # before the lease of the first round has run out
    assert function.due(turn) == []
    assert function.later == [(turn, LEAST_EVERY)]


def test_a_round_that_was_killed_leaves_a_gap_and_the_next_goes_on(make: Make) -> None:
    function = make(weather=changing())
    function.send(LIVE)
    killed = function.next()
    function.kill_at_send = 2
    with pytest.raises(Killed):
        function.due(killed)
    function.now += LEASE
    messages = function.due(function.next())
    assert messages[0]["n"] > function.heard["c"][4]["n"] + 1
    assert [m["n"] for m in messages] == list(range(messages[0]["n"], messages[0]["n"] + len(messages)))
    assert function.due(killed) == []


def test_unsubscribe_ends_what_would_come(make: Make) -> None:
    function = make(weather=changing())
    function.send(LIVE)
    assert function.send({"action": "unsubscribe", "id": "a"}) == [{"id": "a", "type": "unsubscribed"}]
    assert function.due(function.next()) == []
    assert list(function.rows()) == ["c connection"]


def test_a_subscription_of_the_same_name_takes_the_place_of_the_first(make: Make) -> None:
    function = make(weather=changing())
    function.send(LIVE)
    first = function.next()
    assert numbers(function.send({**LIVE, "params": {"city": "Porto"}}))[0] == (1, "geo")
    assert function.due(first) == []
    assert numbers(function.due(function.next()))[0][0] == 5


def test_one_round_in_place_of_one_that_goes_on_ends_that(make: Make) -> None:
    function = make(weather=changing())
    function.send(LIVE)
    function.send(SUBSCRIBE)
    assert function.due(function.next()) == []


def test_disconnecting_forgets_everything(make: Make) -> None:
    function = make(weather=changing())
    function.send(LIVE)
    function.send({**LIVE, "id": "b"})
    function.disconnect()
    assert function.rows() == {}
    assert function.due(function.next()) == []


def test_a_connection_that_is_found_gone_is_forgotten_and_its_calls_end(make: Make) -> None:
    function = make(weather=changing())
    function.send(LIVE)
    function.send({**LIVE, "id": "b"})
    function.gone.add("c")
    assert function.due(function.next()) == []
    assert function.rows() == {}
    function.later.pop()
    assert function.due(function.next()) == []
    assert function.later == []


@pytest.mark.parametrize(
    "message",
    ["{", {**SUBSCRIBE, "endpoint": "nowhere"}, SUBSCRIBE, LIVE, {"action": "unsubscribe", "id": "a"}],
    ids=["bad", "refused", "once", "every", "unsubscribe"],
)
def test_a_message_behind_the_end_of_its_connection_leaves_no_row(make: Make, message: Any) -> None:
    """API Gateway may hand on a message of a client after it has said that the client is gone."""
    function = make(weather=changing())
    function.disconnect()
    function.gone.add("c")
    assert function.send(message) == []
    assert function.rows() == {}


def test_a_subscription_whose_connection_ends_while_it_is_kept_ends_too(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row of the connection, which would name it, is gone by then; it is not run for hours."""
    function = make(weather=changing())
    keep = function.connections.keep

    async def too_late(connection: str, asked: Subscribe) -> Turn:
        await function.service.disconnected(connection)
        function.gone.add(connection)
        return await keep(connection, asked)

    monkeypatch.setattr(function.connections, "keep", too_late)
    assert function.send(LIVE) == []
    assert function.rows() == {}
    assert function.due(function.next()) == []
    assert function.later == []


def test_a_connection_has_so_many_subscriptions_at_the_same_time(make: Make) -> None:
    function = make()
    for number in range(MAX_SUBSCRIPTIONS):
        assert len(function.send({**LIVE, "id": f"s{number}"})) == 4
    (refused,) = function.send({**LIVE, "id": "more"})
    assert (refused["id"], problem(refused)) == ("more", "too-many-subscriptions")
    assert len(function.send({**LIVE, "id": "s0"})) == 4
    function.send({"action": "unsubscribe", "id": "s1"})
    assert len(function.send({**LIVE, "id": "more"})) == 4


def test_a_connection_sends_so_many_messages_in_a_minute(make: Make) -> None:
    function = make()
    for _ in range(MAX_MESSAGES):
        assert problem(function.send("{")[0]) == "bad-message"
    (refused,) = function.send(SUBSCRIBE)
    assert problem(refused) == "too-many-messages"
    assert "id" not in refused
    function.now += 60
    assert len(function.send(SUBSCRIBE)) == 4


def test_the_minute_is_that_of_the_clock(make: Make) -> None:
    function = make()
    function.now = 60 * 61 * 500_000
    function.connect()
    for _ in range(MAX_MESSAGES):
        function.send("{")
    function.now += 59
    assert problem(function.send(SUBSCRIBE)[0]) == "too-many-messages"
    function.now += 1
    assert len(function.send(SUBSCRIBE)) == 4


def test_a_message_counts_in_the_next_minute_if_that_has_begun_by_another_clock(make: Make) -> None:
    """Environments' clocks differ a little, so that a message may seem to come before one that has been counted."""
    function = make()
    function.now = 60 * 61 * 500_000
    function.connect()
    for _ in range(MAX_MESSAGES // 2):
        function.send("{")
        function.now -= 0.001
        assert problem(function.send("{")[0]) == "bad-message"
        function.now += 0.001
    function.now -= 0.001
    assert problem(function.send(SUBSCRIBE)[0]) == "too-many-messages"
    assert function.gone == set()


def test_a_clock_that_was_far_ahead_closes_no_connection(make: Make) -> None:
    function = make()
    function.now += 86_400
    for _ in range(MAX_MESSAGES + 1):
        function.send("{")
    function.now -= 86_400
    assert len(function.send(SUBSCRIBE)) == 4
    assert function.gone == set()


@pytest.mark.parametrize("message", ["{", SUBSCRIBE, {**LIVE, "id": "b"}])
def test_a_connection_that_goes_on_sending_too_many_messages_is_closed(make: Make, message: Any) -> None:
    """A message that is refused costs one write; the last one two, and the connection."""
    function = make()
    for _ in range(MAX_MESSAGES):
        function.send("{")
    heard = [problem(function.send(message)[0]) for _ in range(MAX_UNREAD)]
    assert heard == ["too-many-messages"] * MAX_UNREAD
    assert function.gone == set()
    for _ in range(3):
        assert function.send(message) == []
        assert function.gone == {"c"}
        function.gone.clear()
    function.now += 60
    assert len(function.send(SUBSCRIBE)) == 4


def test_subscriptions_that_are_refused_count_as_messages(make: Make) -> None:
    function = make()
    for number in range(MAX_SUBSCRIPTIONS):
        function.send({**LIVE, "id": f"s{number}"})
    heard = [problem(function.send({**LIVE, "id": "more"})[0]) for _ in range(MAX_MESSAGES)]
    assert heard.count("too-many-subscriptions") == MAX_MESSAGES - MAX_SUBSCRIPTIONS
    assert heard[-MAX_SUBSCRIPTIONS:] == ["too-many-messages"] * MAX_SUBSCRIPTIONS


def test_a_refused_subscription_takes_no_place_and_ends_none(make: Make) -> None:
    function = make(weather=changing())
    function.send(LIVE)
    (refused,) = function.send({**LIVE, "endpoint": "nowhere"})
    assert (refused["id"], problem(refused)) == ("a", "unknown-endpoint")
    assert function.due(function.next())


def test_an_endpoint_that_is_no_longer_served_ends_its_subscriptions(make: Make) -> None:
    function = make()
    function.send(LIVE)
    del function.service._subjects._catalogue.plans["trip"]
    (message,) = function.due(function.next())
    assert problem(message) == "unknown-endpoint"
    assert function.later == []


def test_a_fault_of_fanins_own_ends_a_subscription(make: Make) -> None:
    async def broken(_: Call) -> Outcome[Any]:
        raise ZeroDivisionError

    function = make(rates=broken)
    assert problem(function.send(LIVE)[-1]) == "internal-error"
    assert function.due(function.next()) == []


def test_without_its_table_a_subscription_still_has_its_round(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async def out_of_order(*_: Any, **__: Any) -> Any:
        raise AwsUnavailable("out of order")

    function = make()
    monkeypatch.setattr(function.aws, "call", out_of_order)
    function.connect()
    assert len(function.send(SUBSCRIBE)) == 4


def test_a_round_whose_table_is_down_is_tried_again_within_a_period_and_says_so(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it is down: no turn is left to the queue, which would give it up after three attempts."""

    async def out_of_order(*_: Any, **__: Any) -> Any:
        raise AwsUnavailable("out of order")

    function = make(weather=changing())
    function.send({**LIVE, "every": "5s"})
    with monkeypatch.context() as down:
        down.setattr(function.aws, "call", out_of_order)
        for _ in range(5):
            (late,) = function.due(function.next())
            assert (late["id"], problem(late), "n" in late) == ("a", "subscriptions-unavailable", False)
            assert [delay for _, delay in function.later] == [5.0]
        function.gone.add("c")
        function.due(function.later[0][0])
        function.gone.clear()
    messages = function.due(function.next())
    assert messages[-1]["type"] == "complete"


def test_a_subscription_that_cannot_be_kept_is_refused_by_its_name(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async def out_of_order(*_: Any, **__: Any) -> Any:
        raise AwsUnavailable("out of order")

    function = make()
    monkeypatch.setattr(function.aws, "call", out_of_order)
    for message in (LIVE, {"action": "unsubscribe", "id": "a"}):
        (refused,) = function.send(message)
        assert (refused["id"], problem(refused)) == ("a", "subscriptions-unavailable")
    assert function.later == []
