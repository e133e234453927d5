"""A subscription from its first message to its last, on a server that holds the connection."""

from dataclasses import replace
from typing import Any

import pytest

from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.entrypoints.websocket.limits import (
    MAX_MESSAGE_IN,
    MAX_MESSAGE_OUT,
    MAX_MESSAGES,
    MAX_SUBSCRIPTIONS,
    MAX_UNREAD,
)
from fanin.entrypoints.websocket.subscription import Subscription
from fanin.errors import ItemsFailed, NotFound, RequestError, SourceTimeout
from fanin.jobs.job import Job, State, queued
from tests.unit.scenario import hangs, scenario
from tests.websocket.scenes import SUBSCRIBE, Client, fails, gives, trip


def problem(message: dict[str, Any]) -> str:
    """Give the last segment of a problem's type."""
    return str(message["problem"]["type"]).rpartition("/")[2]


def test_each_source_is_sent_the_moment_it_arrives_then_complete() -> None:
    client = Client(trip())
    messages = client.run((0, SUBSCRIBE))
    assert messages == [
        {"id": "a", "n": 1, "type": "source", "source": "geo", "state": "fresh", "age": 0, "attempts": 1}
        | {"value": {"lat": 1, "cc": "PT"}},
        {"id": "a", "n": 2, "type": "source", "source": "rates", "state": "fresh", "age": 0, "attempts": 1}
        | {"value": {"EUR": 1}},
        {"id": "a", "n": 3, "type": "source", "source": "weather", "state": "fresh", "age": 0, "attempts": 1}
        | {"value": {"t": 20}},
        {"id": "a", "n": 4, "type": "complete", "status": 200, "complete": True, "again_in": None},
    ]
    assert client.times == pytest.approx([0.1, 0.3, 0.5, 0.5])


def test_a_source_that_fails_is_a_problem_and_the_others_go_on() -> None:
    messages = Client(trip(rates=fails(SourceTimeout, 0.05))).run((0, SUBSCRIBE))
    assert [m.get("source") for m in messages] == ["geo", "rates", "weather", None]
    assert problem(messages[1]) == "source-timeout"
    assert messages[1]["problem"]["status"] == 504
    assert messages[3] | {"n": 0} == {
        "id": "a",
        "n": 0,
        "type": "complete",
        "status": 200,
        "complete": False,
        "again_in": None,
    }


def test_where_there_is_no_answer_complete_has_the_problem_that_http_would_answer_with() -> None:
    messages = Client(trip(geo=fails(NotFound))).run((0, SUBSCRIBE))
    assert [problem(m) for m in messages] == ["not-found", "dependency-failed", "dependency-failed", "not-found"]
    assert messages[-1]["status"] == messages[-1]["problem"]["status"] == 404
    assert set(messages[-1]["problem"]["sources"]) == {"geo", "weather", "rates"}


def test_a_source_that_the_endpoint_does_not_list_is_sent_only_where_it_fails() -> None:
    asked = {**SUBSCRIBE, "endpoint": "hidden"}
    assert [m.get("source") for m in Client(trip()).run((0, asked))] == ["weather", None]
    assert [m.get("source") for m in Client(trip(geo=fails())).run((0, asked))] == ["geo", "weather", None]


def counting(step: int = 1) -> Any:
    """Answer with another value at every `step`-th call."""
    calls = 0

    async def fetch(_: Call) -> Outcome[Any]:
        nonlocal calls
        calls += 1
        return Outcome({"t": calls // step})

    return fetch


def test_every_sends_what_changed_and_goes_on_numbering() -> None:
    client = Client(trip(weather=counting()))
    messages = client.run((0, {**SUBSCRIBE, "every": "30s"}), until=65)
    assert [(m["n"], m.get("source")) for m in messages] == [
        *[(1, "geo"), (2, "weather"), (3, "rates"), (4, None)],
        *[(5, "weather"), (6, None)],
        *[(7, "weather"), (8, None)],
    ]
    assert [m["again_in"] for m in messages if m["type"] == "complete"] == [30, 30, 30]
    completes = [at for at, m in client.heard if m["type"] == "complete"]
    assert completes == pytest.approx([0.3, 30.3, 60.3])
    assert client.leftovers == 0


def test_a_failure_that_stays_the_same_is_sent_once() -> None:
    client = Client(trip(rates=fails(SourceTimeout)))
    messages = client.run((0, {**SUBSCRIBE, "every": "5s"}), until=12)
    assert [m.get("source") for m in messages if m["n"] > 4] == [None, None]


def test_unsubscribe_ends_the_work() -> None:
    scene = trip(weather=hangs())
    client = Client(scene)
    messages = client.run((0, SUBSCRIBE), (1, {"action": "unsubscribe", "id": "a"}))
    assert messages[-1] == {"id": "a", "type": "unsubscribed"}
    assert scene.ended[-1] == "weather"
    assert client.times[-1] == 1
    assert client.run((0, {"action": "unsubscribe", "id": "never"}))[-1] == {"id": "never", "type": "unsubscribed"}


def test_a_second_subscription_with_the_same_id_replaces_the_first() -> None:
    client = Client(trip(weather=hangs()))
    messages = client.run((0, SUBSCRIBE), (1, SUBSCRIBE), until=5)
    assert [(m["n"], m["source"]) for m in messages] == [(1, "geo"), (2, "rates")] * 2


def test_subscriptions_run_beside_each_other_each_with_its_own_numbers() -> None:
    client = Client(trip())
    messages = client.run((0, SUBSCRIBE), (0.15, {**SUBSCRIBE, "id": "b"}))
    assert [m["n"] for m in messages if m["id"] == "a"] == [1, 2, 3, 4]
    assert [m["n"] for m in messages if m["id"] == "b"] == [1, 2, 3, 4]
    assert [m["id"] for m in messages][:4] == ["a", "b", "a", "b"]


def test_a_client_that_goes_ends_every_call_under_way() -> None:
    scene = trip(weather=hangs(), rates=hangs())
    client = Client(scene)
    client.run((0, SUBSCRIBE), until=1)
    assert client.leftovers == 0
    assert sorted(scene.ended) == ["geo", "rates", "weather"]


def test_a_client_that_is_found_gone_ends_every_call_under_way() -> None:
    scene = trip(weather=hangs())
    client = Client(scene, gone_after=1)
    client.run((0, SUBSCRIBE), until=1)
    assert client.leftovers == 0
    assert sorted(scene.ended) == ["geo", "rates", "weather"]


@pytest.mark.parametrize(
    ("sent", "kind", "detail"),
    [
        ("{", "bad-message", "it is not JSON"),
        ("[]", "bad-message", 'write {"action": "subscribe", …} or "unsubscribe"'),
        ({"action": "dance"}, "bad-message", 'write {"action": "subscribe", …} or "unsubscribe"'),
        ({**SUBSCRIBE, "id": "a b"}, "bad-message", "id: string should match pattern '^[A-Za-z0-9._~-]{1,64}$'"),
        ({**SUBSCRIBE, "id": ""}, "bad-message", "id: string should match pattern '^[A-Za-z0-9._~-]{1,64}$'"),
        ({**SUBSCRIBE, "evry": "5s"}, "bad-message", "evry: extra inputs are not permitted"),
        ({**SUBSCRIBE, "every": "4s"}, "bad-message", 'every: write "5s" to "5m"'),
        ({**SUBSCRIBE, "every": "6m"}, "bad-message", 'every: write "5s" to "5m"'),
        ({**SUBSCRIBE, "pad": "é" * MAX_MESSAGE_IN}, "bad-message", "it has"),
        ({**SUBSCRIBE, "endpoint": "nowhere"}, "unknown-endpoint", "there is no endpoint of this name"),
        ({**SUBSCRIBE, "params": {}}, "bad-parameter", "city: field required"),
        ({**SUBSCRIBE, "params": {"city": "x", "days": 17}}, "bad-parameter", "days: input should be less"),
        ({**SUBSCRIBE, "params": {"city": ".."}}, "bad-parameter", "city: "),
        ({**SUBSCRIBE, "params": {"city": None}}, "bad-parameter", "city: input should be"),
        ({**SUBSCRIBE, "params": {"city": ["x"]}}, "bad-parameter", "city: input should be"),
    ],
    ids=[
        "no json",
        "a list",
        "no such action",
        "id with a blank",
        "empty id",
        "unknown key",
        "too often",
        "too seldom",
        "too long",
        "unknown endpoint",
        "missing parameter",
        "wrong parameter",
        "refused parameter",
        "null parameter",
        "list for a parameter",
    ],
)
def test_a_message_that_is_none_is_refused_by_a_problem_without_a_number(sent: Any, kind: str, detail: str) -> None:
    (message,) = Client(trip()).run((0, sent))
    assert problem(message) == kind
    assert message["type"] == "problem"
    assert message["problem"]["detail"].startswith(detail)
    assert "n" not in message


def test_an_endpoint_that_is_not_read_by_get_is_asked_once_and_not_again_and_again() -> None:
    asked = {**SUBSCRIBE, "endpoint": "order", "input": {"item": 7}}
    assert [(m["type"], m.get("status")) for m in Client(trip()).run((0, asked))] == [
        ("source", None),
        ("complete", 201),
    ]
    (message,) = Client(scene := trip()).run((0, {**asked, "every": "5s"}))
    assert (problem(message), message["problem"]["status"]) == ("not-repeatable", 422)
    assert scene.started == {}


@pytest.mark.parametrize(
    ("asked", "violation"),
    [
        ({"endpoint": "order"}, 'it is not of type "object"'),
        ({"endpoint": "order", "input": [1]}, 'it is not of type "object"'),
        ({"input": {"item": 7}}, "the endpoint takes no input"),
    ],
)
def test_an_input_that_the_endpoint_does_not_take_is_refused(asked: dict[str, Any], violation: str) -> None:
    (message,) = Client(scene := trip()).run((0, {**SUBSCRIBE, **asked}))
    assert (problem(message), message["problem"]["input"]) == ("bad-input", {"": violation})
    assert scene.started == {}


def test_a_refusal_names_the_subscription_where_it_can_be_told() -> None:
    (message,) = Client(trip()).run((0, {**SUBSCRIBE, "every": "no"}))
    assert message["id"] == "a"
    (message,) = Client(trip()).run((0, {**SUBSCRIBE, "id": "no id"}))
    assert "id" not in message


def test_a_connection_has_so_many_subscriptions_at_the_same_time() -> None:
    asked = [(0.0, {**SUBSCRIBE, "id": f"s{number}"}) for number in range(MAX_SUBSCRIPTIONS + 1)]
    later = (1.0, {**SUBSCRIBE, "id": "later"})
    messages = Client(trip()).run(*asked, later)
    refused = [m for m in messages if m["type"] == "problem"]
    assert [(m["id"], problem(m)) for m in refused] == [(f"s{MAX_SUBSCRIPTIONS}", "too-many-subscriptions")]
    assert len([m for m in messages if m["type"] == "complete"]) == MAX_SUBSCRIPTIONS + 1


def test_a_connection_sends_so_many_messages_in_a_minute() -> None:
    ends = {"action": "unsubscribe", "id": "a"}
    messages = Client(trip()).run(*[(0.0, ends)] * (MAX_MESSAGES + 2), (60.0, ends), until=61)
    assert [m["type"] for m in messages] == ["unsubscribed"] * MAX_MESSAGES + ["problem"] * 2 + ["unsubscribed"]
    assert problem(messages[-2]) == "too-many-messages"


def test_a_connection_that_goes_on_sending_too_many_messages_ends() -> None:
    """So many are refused in a minute; nothing is read or answered after them, and nothing runs on."""
    client = Client(trip(weather=counting()))
    more = [(0.0, {"action": "unsubscribe", "id": "b"})] * (2 * MAX_MESSAGES)
    messages = client.run((0.0, {**SUBSCRIBE, "every": "5s"}), *more, (60.0, SUBSCRIBE), until=61)
    refused = [m for m in messages if m["type"] == "problem"]
    assert [problem(m) for m in refused] == ["too-many-messages"] * MAX_UNREAD
    assert len(messages) == MAX_MESSAGES - 1 + MAX_UNREAD
    assert client.leftovers == 0


PICKED = {**SUBSCRIBE, "endpoint": "picked"}


def test_of_an_endpoint_with_pick_states_are_sent_and_the_answer_in_complete() -> None:
    """No source's value: what clients see is what the expression makes of them."""
    messages = Client(trip()).run((0, PICKED))
    assert messages == [
        {"id": "a", "n": 1, "type": "progress", "source": "geo", "state": "fresh"},
        {"id": "a", "n": 2, "type": "progress", "source": "rates", "state": "fresh"},
        {"id": "a", "n": 3, "type": "complete", "status": 200, "complete": True}
        | {"answer": {"lat": 1, "euro": 1, "text": None}, "again_in": None},
    ]


def test_a_picked_answer_has_the_problems_of_sources_that_failed() -> None:
    messages = Client(trip(rates=fails(SourceTimeout))).run((0, PICKED))
    assert [message.get("state") for message in messages] == ["fresh", "source-timeout", None]
    answer = messages[2]["answer"]
    assert (answer["lat"], answer["euro"], answer["errors"].keys()) == (1, None, {"rates"})
    assert messages[2]["complete"] is False


def test_a_picked_answer_that_has_not_changed_is_not_sent_again() -> None:
    messages = Client(trip()).run((0, PICKED | {"every": "5s"}), until=12.0)
    completes = [message for message in messages if message["type"] == "complete"]
    assert ["answer" in message for message in completes] == [True, False, False]
    assert len(messages) == len(completes) + 2


def test_a_picked_answer_too_large_for_a_message_is_a_problem_that_says_where_to_get_it() -> None:
    messages = Client(trip(rates=gives({"text": "x" * MAX_MESSAGE_OUT}))).run((0, PICKED))
    assert problem(messages[2]) == "value-too-large"
    assert messages[2]["problem"]["url"] == "https://api.example/picked/Lisbon"
    assert "answer" not in messages[2]


def test_a_value_too_large_for_a_message_is_a_problem_that_says_where_to_get_it() -> None:
    large = "é" * (MAX_MESSAGE_OUT // 2)
    asked = {**SUBSCRIBE, "params": {"city": "São Paulo", "days": 2}, "every": "5s"}
    messages = Client(trip(rates=gives(large))).run((0, asked), until=7)
    found = messages[1]
    assert (found["n"], found["source"], problem(found)) == (2, "rates", "value-too-large")
    assert found["problem"]["url"] == "https://api.example/trip/S%C3%A3o%20Paulo?days=2"
    assert [m["n"] for m in messages] == list(range(1, len(messages) + 1))
    assert [m.get("source") for m in messages] == ["geo", "rates", "weather", None, None]


def test_a_value_that_just_fits_is_sent() -> None:
    message = Client(trip(rates=gives("x" * 130_900))).run((0, SUBSCRIBE))[1]
    assert len(message["value"]) == 130_900


def test_a_fault_of_fanins_own_ends_the_subscription_with_a_problem() -> None:
    async def broken(_: Call) -> Outcome[Any]:
        raise ZeroDivisionError

    client = Client(trip(rates=broken))
    messages = client.run((0, {**SUBSCRIBE, "every": "5s"}), until=20)
    assert [m["type"] for m in messages] == ["source", "problem"]
    assert (messages[1]["n"], problem(messages[1])) == (2, "internal-error")
    assert client.leftovers == 0


JOB = {"action": "subscribe", "id": "j", "job": "0f" * 16}


def following(*states: Job) -> list[dict[str, Any]]:
    """Follow a job that is in another state whenever it is looked at; give what the client was sent."""
    looks = iter(states)

    async def find(job_id: str, _: str) -> Job:
        if (job := next(looks, None)) is None or job_id != JOB["job"]:
            raise RequestError(404, "unknown-job", "Unknown job", "there is no such job, or no more")
        return job

    return Client(trip(), find_job=find).run((0, JOB), until=60)


def job(state: State, progress: dict[str, str], **more: Any) -> Job:
    return replace(queued("0f" * 16, "", "trip", {}, "", now=0.0), state=state, progress=progress, **more)


def test_a_jobs_progress_is_sent_as_it_changes_until_it_ends() -> None:
    messages = following(
        job(State.QUEUED, {}),
        job(State.RUNNING, {"geo": "fresh", "weather": "running", "rates": "waiting"}),
        job(State.RUNNING, {"geo": "fresh", "weather": "fresh", "rates": "waiting"}),
        job(State.SUCCEEDED, {"geo": "fresh", "weather": "fresh", "rates": "fresh"}, status=200, complete=True),
    )
    told = [(m["n"], m.get("source"), m["state"] if "source" in m else m["job"]) for m in messages]
    assert told == [
        (1, None, "queued"),
        *[(2, "geo", "fresh"), (3, "weather", "running"), (4, "rates", "waiting"), (5, None, "running")],
        *[(6, "weather", "fresh"), (7, None, "running")],
        *[(8, "rates", "fresh"), (9, None, "succeeded")],
    ]
    assert [m["again_in"] for m in messages if m["type"] == "complete"] == [5, 5, 5, None]
    assert {m["type"] for m in messages} == {"progress", "complete"}
    assert messages[-1] == {
        "id": "j",
        "n": 9,
        "type": "complete",
        "status": 200,
        "complete": True,
        "job": "succeeded",
        "url": f"https://api.example/jobs/{'0f' * 16}",
        "again_in": None,
    }


def test_a_job_that_is_not_there_ends_the_subscription_with_a_problem() -> None:
    (message,) = following()
    assert (message["id"], message["n"], problem(message)) == ("j", 1, "unknown-job")
    (message,) = Client(trip()).run((0, JOB))
    assert problem(message) == "unknown-job"


def test_a_subscription_is_to_an_endpoint_or_to_a_job() -> None:
    for asked in ({**SUBSCRIBE, "job": "x"}, {"action": "subscribe", "id": "a"}):
        (message,) = Client(trip()).run((0, asked))
        assert problem(message) == "bad-message"
        assert message["problem"]["detail"].endswith("name an endpoint, or a job")


LIST = """
[sources.ids]
url = "https://ids.example"
[sources.posts]
for_each = "ids"
url = "https://posts.example/{each}"
[endpoints.trip]
path = "/trip/{city}"
sources = ["posts"]
"""


def test_a_list_of_which_items_failed_has_a_value_and_a_problem() -> None:
    """In one message."""

    async def post(call: Call) -> Outcome[Any]:
        if call.item == 1:
            raise NotFound("posts", "gone")
        return Outcome(7)

    first, *_ = Client(scenario(LIST, ids=gives([7, 8], 0.0), posts=post)).run((0, SUBSCRIBE))
    assert {**first, "problem": problem(first)} == {
        "id": "a",
        "n": 1,
        "type": "source",
        "source": "posts",
        "state": "partial",
        "age": 0,
        "attempts": 2,
        "items": 2,
        "failed": 1,
        "value": [7, None],
        "problem": "items-failed",
    }
    assert [item["index"] for item in first["problem"]["items"]] == [1]


def test_a_list_whose_items_no_longer_fail_is_news() -> None:
    """Although its value is the same."""
    subscription = Subscription("a")
    partial = Outcome[Any]([None], state="partial", partial=ItemsFailed("posts", "1 of 1 items failed"))
    whole = Outcome[Any]([None])
    told = [subscription.arrived("posts", outcome) for outcome in (partial, partial, whole)]
    assert [message is not None for message in told] == [True, False, True]
