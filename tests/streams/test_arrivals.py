"""Each source is sent the moment that it arrives, and nothing outlives the stream."""

import asyncio
import json
from typing import Any

import pytest

from fanin.config.values import Json
from fanin.contract.streams import HEARTBEAT
from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.entrypoints.websocket.limits import SEND_TIMEOUT
from fanin.errors import NotFound, RequestError
from fanin.testing import fake_clock
from tests.streams.asking import EVENTS, LINES, Client, Told, application, ask
from tests.unit.scenario import Script, fails, gives, hangs

THREE = """
[endpoints.e]
path = "/e"
sources = ["slow", "quick", "middle"]
timeout = "20s"
[sources.quick]
url = "http://a.example/quick"
[sources.middle]
url = "http://a.example/middle"
[sources.slow]
url = "http://a.example/slow"
"""


def three(quick: Script, middle: Script, slow: Script) -> dict[str, Script]:
    return {"quick": quick, "middle": middle, "slow": slow}


def sources_of(told: Told) -> list[tuple[float, Any]]:
    return [(at, record.get("source", record["type"])) for at, record in told.records]


def test_each_source_is_sent_when_it_arrives() -> None:
    told = ask(THREE, three(gives(1, 0.05), gives(2, 0.15), gives(3, 0.4)))
    assert sources_of(told) == [(0.05, "quick"), (0.15, "middle"), (0.4, "slow"), (0.4, "complete")]
    assert told.head["content-type"] == LINES
    assert told.head["cache-control"] == "no-store"
    assert told.head["vary"] == "Accept"
    assert "content-length" not in told.head
    assert told.records[0][1] == {
        "type": "source",
        "source": "quick",
        "state": "fresh",
        "age": 0,
        "attempts": 1,
        "value": 1,
    }
    assert told.records[-1][1] == {
        "type": "complete",
        "status": 200,
        "complete": True,
        "sources": {
            "slow": {"state": "fresh", "age": 0, "attempts": 1, "began": 0.0, "duration": 400.0},
            "quick": {"state": "fresh", "age": 0, "attempts": 1, "began": 0.0, "duration": 50.0},
            "middle": {"state": "fresh", "age": 0, "attempts": 1, "began": 0.0, "duration": 150.0},
        },
    }


def test_events_have_the_same_records() -> None:
    scripts = three(gives(1, 0.05), gives(2, 0.15), gives(3, 0.4))
    blocks = ask(THREE, scripts, EVENTS).body.decode().split("\n\n")
    lines = ask(THREE, scripts).body.decode().splitlines()
    assert [block.partition("data: ")[2] for block in blocks[:-1]] == lines
    assert blocks[0].startswith("event: source\ndata: {")
    assert blocks[-2].startswith("event: complete\nid: fanin-complete\ndata: {")
    assert sum("id: " in block for block in blocks) == 1


@pytest.mark.parametrize("form", [LINES, EVENTS])
def test_value_has_no_line_end_that_a_library_could_see(form: str) -> None:
    value = "a\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029b"
    text = ask(THREE, three(gives(value, 0.05), gives(2, 0.15), gives(3, 0.4)), form).body.decode()
    assert text.splitlines() == text.split("\n")[:-1]
    assert (
        json.loads(next(line for line in text.splitlines() if '"quick"' in line).removeprefix("data: "))["value"]
        == value
    )


def test_head_waits_for_the_first_value_so_that_a_total_failure_keeps_its_status() -> None:
    told = ask(THREE, three(fails(NotFound), fails(NotFound), fails(NotFound, 0.3)))
    assert (told.status, told.head["content-type"]) == (404, "application/problem+json")
    told = ask(THREE, three(fails(), gives(2, 0.2), gives(3, 0.4)))
    assert sources_of(told) == [(0.2, "quick"), (0.2, "middle"), (0.4, "slow"), (0.4, "complete")]
    assert told.records[0][1]["problem"]["status"] == 502
    ended = told.records[-1][1]
    assert (ended["type"], ended["status"], ended["complete"]) == ("complete", 200, False)
    assert {name: source["state"] for name, source in ended["sources"].items()} == {
        "slow": "fresh",
        "quick": "source-unavailable",
        "middle": "fresh",
    }


def test_required_source_that_fails_late_is_told_at_the_end() -> None:
    required = THREE.replace('timeout = "20s"', 'timeout = "20s"\nrequired = ["slow"]')
    told = ask(required, three(gives(1), gives(2), fails(after=0.4)))
    assert told.status == 200
    assert told.records[-1][1]["status"] == 502
    assert told.records[-1][1]["problem"]["sources"].keys() == {"slow"}


def test_refusal_keeps_its_status() -> None:
    text = THREE + '\n[endpoints.e.parameters.n]\ntype = "integer"\n'
    text = text.replace("http://a.example/slow", "http://a.example/slow?n={n}")
    told = ask(text, three(gives(1), gives(2), gives(3)))
    assert (told.status, told.head["content-type"]) == (422, "application/problem+json")


def test_pick_sends_states_and_the_answer_at_the_end() -> None:
    picked = THREE.replace('sources = ["slow", "quick", "middle"]', 'pick = "{ a: quick, b: slow }"')
    told = ask(picked, three(gives(1, 0.05), gives(2), gives(3, 0.4)))
    assert [record for _, record in told.records[:-1]] == [
        {"type": "progress", "source": "quick", "state": "fresh"},
        {"type": "progress", "source": "slow", "state": "fresh"},
    ]
    assert told.records[-1][1]["answer"] == {"a": 1, "b": 3}


def test_items_of_a_list_are_sent_before_the_list_is_whole() -> None:
    listed = """
    [endpoints.e]
    path = "/e"
    sources = ["posts"]
    [sources.ids]
    value = [3, 1, 2, 1]
    [sources.posts]
    url = "http://a.example/{each}"
    for_each = "ids"
    """

    async def post(call: Call) -> Outcome[Json]:
        number = int(call.request.url[-1])
        await asyncio.sleep(number / 10)
        if number == 2:
            raise NotFound("posts", "there is no such post")
        return Outcome(number * 100)

    async def ids(_: Call) -> Outcome[Json]:
        return Outcome([3, 1, 2, 1])

    told = ask(listed, {"ids": ids, "posts": post})
    assert [(at, record.get("index"), record.get("value")) for at, record in told.records] == [
        (0.1, 1, 100),
        (0.2, 2, None),
        (0.3, 0, 300),
        (0.3, None, [300, 100, None, 100]),
        (0.3, None, None),
    ]
    assert [record["type"] for _, record in told.records] == ["item", "item", "item", "source", "complete"]
    assert told.records[1][1]["problem"]["status"] == 404


def test_list_of_which_every_item_fails_is_a_problem() -> None:
    listed = """
    [endpoints.e]
    path = "/e"
    sources = ["posts"]
    [sources.ids]
    value = [1, 2]
    [sources.posts]
    url = "http://a.example/{each}"
    for_each = "ids"
    """
    told = ask(listed, {"ids": gives([1, 2], 0), "posts": fails()})
    assert (told.status, told.head["content-type"]) == (502, "application/problem+json")


def test_long_silence_has_heartbeats() -> None:
    told = ask(THREE, three(gives(1, 0.05), gives(2, 0.15), gives(3, HEARTBEAT * 1.5)))
    assert [(at, record["type"]) for at, record in told.records][2] == (0.15 + HEARTBEAT, "heartbeat")
    events = ask(THREE, three(gives(1, 0.05), gives(2, 0.15), gives(3, HEARTBEAT * 1.5)), EVENTS)
    assert b"\n\n:\n\nevent: source" in events.body


@pytest.mark.parametrize("after", [0.02, 0.1])
def test_client_that_goes_ends_what_is_out(after: float) -> None:
    ended: list[str] = []

    async def watched(call: Call) -> Outcome[Json]:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            ended.append(call.source.name)
            raise
        return Outcome(3)

    told = ask(THREE, three(gives(1, 0.05), gives(2, 15), watched), leaves_after=after)
    assert ended == ["slow"]
    assert told.left_running == 0
    assert b"complete" not in told.body


def test_client_that_takes_nothing_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        ask(THREE, three(gives(1, 0.05), gives(2, 0.15), hangs()), reads_nothing_after=1)
    assert SEND_TIMEOUT < 20


def test_client_that_takes_nothing_delays_no_other() -> None:
    async def both() -> tuple[Told, Told]:
        app = application(THREE, three(gives(1, 0.05), gives(2, 0.15), gives(3, 0.4)))
        headers = {"accept": LINES}
        slow, quick = Client("/e", headers, reads_nothing_after=1), Client("/e", headers)
        first, second = await asyncio.gather(slow.ask(app), quick.ask(app), return_exceptions=True)
        assert isinstance(first, TimeoutError)
        assert isinstance(second, Told)
        return Told(), second

    _, quick = fake_clock.run(both())
    assert sources_of(quick) == [(0.05, "quick"), (0.15, "middle"), (0.4, "slow"), (0.4, "complete")]


def test_head_is_that_of_the_stream_without_a_record() -> None:
    told = ask(THREE, three(gives(1, 0.05), gives(2, 0.15), gives(3, 0.4)), method="HEAD")
    assert (told.status, told.head["content-type"], told.body) == (200, LINES, b"")
    assert told.left_running == 0


@pytest.mark.parametrize("accept", [LINES, EVENTS])
def test_stream_has_no_tag_and_none_that_a_client_names_stops_it(accept: str) -> None:
    kept = "cache = { fresh = '60s' }"
    text = THREE.replace('url = "http://a.example/quick"', f'url = "http://a.example/quick"\n{kept}')
    scripts = three(gives(1, 0.05), gives(2, 0.15), gives(3, 0.4))
    json_headers = ask(text, scripts, "application/json").head
    told = ask(text, scripts, accept, headers={"if-none-match": json_headers.get("etag", "*")})
    assert (told.status, told.head["content-type"]) == (200, accept)
    assert "etag" not in told.head
    assert b"complete" in told.body


def test_fault_of_fanins_own_leaves_the_stream_without_its_end() -> None:
    async def broken(_: Call) -> Outcome[Json]:
        await asyncio.sleep(0.3)
        raise ValueError("a mistake in fanin")

    with pytest.raises(ExceptionGroup):  # by which a server closes the connection before the stream's end
        ask(THREE, three(gives(1, 0.05), gives(2, 0.15), broken))


def test_ended_event_source_asks_no_source_again() -> None:
    async def never(_: Call) -> Outcome[Json]:
        raise RequestError(500, "called", "Called", "a source was called")

    told = ask(THREE, three(never, never, never), EVENTS, headers={"last-event-id": "fanin-complete"})
    assert (told.status, told.body) == (204, b"")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("text/html, */*;q=0.8", "application/json"),
        ("application/json, text/event-stream", "application/json"),
        ("application/json;q=0.5, text/event-stream", EVENTS),
        ("text/event-stream;q=0.5, */*;q=0.4", EVENTS),
        ("application/x-ndjson, text/event-stream;q=0.9", LINES),
        ("APPLICATION/X-NDJSON", LINES),
        ("application/x-ndjson;q=0", "application/json"),
        ("application/x-ndjson;q=many", "application/json"),
    ],
)
def test_accept_decides(accept: str, content_type: str) -> None:
    told = ask(THREE, three(gives(1), gives(2), gives(3)), accept)
    assert told.head["content-type"] == content_type


def test_writes_do_not_stream() -> None:
    writing = """
    [endpoints.e]
    path = "/e"
    method = "POST"
    sources = ["a"]
    [sources.a]
    url = "http://a.example/"
    method = "POST"
    """
    told = ask(writing, {"a": gives(1)}, method="POST")
    assert (told.status, told.head["content-type"]) == (200, "application/json")


def test_kept_json_says_that_a_stream_is_another_answer() -> None:
    async def kept(_: Call) -> Outcome[Json]:
        return Outcome(1, fresh_for=60.0)

    told = ask(THREE, three(kept, kept, kept), "*/*")
    assert (told.head["cache-control"], told.head["vary"]) == ("max-age=60", "Accept")
