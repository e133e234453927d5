"""The cases. Each is one rule of the contract: how the upstream behaves, what is asked, what must come back."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.contract.ask import Question, Reply

TYPES = "https://fanin.example/problems/"
TRIP = ("geo", "weather", "air", "country", "rates", "summary")
ENDPOINT_TIMEOUT = 3.0
"""Seconds; of every endpoint in fanin.toml."""


@dataclass(frozen=True)
class Case:
    """One rule.

    Args:
        rule: the rule, in a sentence.
        question: what is asked.
        check: asserts that the reply keeps the rule.
        upstream: rules for the demo upstream.
    """

    rule: str
    question: Question
    check: Callable[[Reply], None]
    upstream: dict[str, dict[str, Any]] = field(default_factory=dict)


def _always(reply: Reply) -> None:
    assert reply.headers["x-request-id"]
    assert reply.headers["cache-control"] == "no-store"
    if reply.content:
        assert int(reply.headers["content-length"]) == len(reply.content)


def _head_of_trip(reply: Reply) -> None:
    _always(reply)
    assert (reply.status, reply.content) == (200, b"")
    assert reply.headers["content-type"] == "application/json"
    assert int(reply.headers["content-length"]) > 0
    assert reply.headers["fanin-complete"] == "?1"
    assert reply.sources == dict.fromkeys(TRIP, "fresh")


def _head_of_unknown_path(reply: Reply) -> None:
    _always(reply)
    assert (reply.status, reply.content) == (404, b"")
    assert reply.headers["content-type"] == "application/problem+json"
    assert int(reply.headers["content-length"]) > 0


def _complete(reply: Reply) -> None:
    _always(reply)
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["fanin-complete"] == "?1"
    assert "errors" not in reply.body


def _complete_trip(reply: Reply) -> None:
    _complete(reply)
    assert tuple(reply.body) == TRIP
    assert reply.body["geo"]["country"] == "PT"
    assert reply.body["country"]["currency"] == "EUR"
    assert reply.body["rates"]["base"] == "EUR"
    assert reply.sources == dict.fromkeys(TRIP, "fresh")
    assert reply.timed == set(TRIP)


def _problem(reply: Reply, status: int, problem: str) -> None:
    _always(reply)
    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body["type"] == TYPES + problem
    assert reply.body["status"] == status
    assert reply.body["title"]
    assert reply.body["detail"]
    assert reply.body["request_id"] == reply.headers["x-request-id"]


def _refused(status: int, problem: str) -> Callable[[Reply], None]:
    return lambda reply: _problem(reply, status, problem)


def _without_weather(problem: str, status: int) -> Callable[[Reply], None]:
    def check(reply: Reply) -> None:
        _always(reply)
        assert reply.status == 200
        assert reply.headers["fanin-complete"] == "?0"
        assert tuple(reply.body) == (*TRIP, "errors")
        assert reply.body["weather"] is None
        assert reply.body["geo"]["name"] == "Lisbon"
        assert list(reply.body["errors"]) == ["weather"]
        error = reply.body["errors"]["weather"]
        assert error["type"] == TYPES + problem
        assert error["status"] == status
        assert error["attempts"] == 1
        assert reply.sources == dict.fromkeys(TRIP, "fresh") | {"weather": problem}
        assert reply.timed == set(TRIP)

    return check


def _null_weather(reply: Reply) -> None:
    _complete(reply)
    assert tuple(reply.body) == TRIP
    assert reply.body["weather"] is None
    assert reply.sources == dict.fromkeys(TRIP, "fresh")


def _failed_trip(status: int, problem: str, of_geo: str) -> Callable[[Reply], None]:
    def check(reply: Reply) -> None:
        _problem(reply, status, problem)
        assert reply.headers["fanin-complete"] == "?0"
        assert reply.body["sources"]["geo"]["type"] == TYPES + of_geo
        assert reply.body["sources"]["rates"]["type"] == TYPES + "dependency-failed"
        assert set(reply.body["sources"]) == set(TRIP)

    return check


def _streamed(accept: str, path: str = "/trip/Lisbon") -> Question:
    return Question(path, headers={"accept": accept})


def _told_of_trip(records: list[dict[str, Any]]) -> None:
    assert {record["source"] for record in records[:-1]} == set(TRIP)
    assert all(record["type"] == "source" and record["state"] == "fresh" for record in records[:-1])
    assert (records[-1]["type"], records[-1]["status"], records[-1]["complete"]) == ("complete", 200, True)
    assert {name: told["state"] for name, told in records[-1]["sources"].items()} == dict.fromkeys(TRIP, "fresh")
    values = {record["source"]: record["value"] for record in records[:-1]}
    assert values["country"]["currency"] == values["rates"]["base"] == "EUR"


def _lines_of_trip(reply: Reply) -> None:
    assert (reply.status, reply.headers["content-type"]) == (200, "application/x-ndjson")
    assert (reply.headers["cache-control"], reply.headers["vary"]) == ("no-store", "Accept")
    _told_of_trip([json.loads(line) for line in reply.content.splitlines()])


def _events_of_trip(reply: Reply) -> None:
    assert (reply.status, reply.headers["content-type"]) == (200, "text/event-stream")
    _told_of_trip([json.loads(line[6:]) for line in reply.content.splitlines() if line.startswith(b"data: ")])


def _nothing_more(reply: Reply) -> None:
    assert (reply.status, reply.content, reply.headers["cache-control"]) == (204, b"", "no-store")


def _bad_parameter(name: str) -> Callable[[Reply], None]:
    def check(reply: Reply) -> None:
        _problem(reply, 422, "bad-parameter")
        assert list(reply.body["parameters"]) == [name]

    return check


def _wrong_method(reply: Reply) -> None:
    _problem(reply, 405, "wrong-method")
    assert reply.headers["allow"] == "GET, HEAD"


def _flat(reply: Reply) -> None:
    _complete(reply)
    assert {"name", "country", "european_aqi"} <= set(reply.body)


def _forecast(days: int) -> Callable[[Reply], None]:
    def check(reply: Reply) -> None:
        _complete(reply)
        assert list(reply.body) == ["forecast"]
        assert len(reply.body["forecast"]["time"]) == days
        assert set(reply.sources) == {"geo", "forecast"}

    return check


def _city(name: str) -> Callable[[Reply], None]:
    def check(reply: Reply) -> None:
        assert reply.status == 200
        assert reply.body["geo"]["name"] == name

    return check


def _without_rates(reply: Reply) -> None:
    assert reply.status == 200
    assert reply.body["rates"] is None
    assert reply.body["errors"]["rates"]["type"] == TYPES + "not-found"
    assert reply.body["errors"]["rates"]["status"] == 404


def _static(reply: Reply) -> None:
    _complete(reply)
    assert list(reply.body) == ["credits"]
    assert reply.body["credits"]["weather"] == "Weather and air: Open-Meteo.com, CC BY 4.0"
    assert reply.sources == {"credits": "fresh"}
    assert "attempts=0" in reply.headers["fanin-sources"]


_DOWN: dict[str, dict[str, Any]] = {"*": {"fail": "reset"}}
_LISBON = Question("/trip/Lisbon")

SOUND = [
    Case("a complete answer has every listed source's value, in their order", _LISBON, _complete_trip),
    Case("a flat merge lays the values' fields into one object", Question("/air/Lisbon"), _flat),
    Case("a source that is only referred to runs, and is not in the body", Question("/forecast/Lisbon"), _forecast(3)),
    Case("a query parameter is read as its type", Question("/forecast/Lisbon", "days=5"), _forecast(5)),
    Case("an unknown query parameter is passed over", Question("/forecast/Lisbon", "x=1&days=2"), _forecast(2)),
    Case("of a repeated query parameter the last counts", Question("/forecast/Lisbon", "days=2&days=4"), _forecast(4)),
    Case("a static value is there without a call, though every upstream is down", Question("/credits"), _static, _DOWN),
    Case("a path is percent-decoded", Question("/trip/Z%C3%BCrich"), _city("Zürich")),
    Case("a space in a path is read", Question("/trip/New%20York"), _city("New York")),
    Case("HEAD is answered like GET, without the body", Question("/trip/Lisbon", method="HEAD"), _head_of_trip),
]

REFUSED = [
    Case("a parameter out of its bounds is refused", Question("/trip/L"), _bad_parameter("city")),
    Case("a number out of its bounds is refused", Question("/forecast/Lisbon", "days=0"), _bad_parameter("days")),
    Case("a number with an underscore is refused", Question("/forecast/Lisbon", "days=1_0"), _bad_parameter("days")),
    Case("a text for a number is refused", Question("/forecast/Lisbon", "days=two"), _bad_parameter("days")),
    Case("an unknown path is refused", Question("/nowhere"), _refused(404, "unknown-path")),
    Case("a path with a slash behind is another path", Question("/trip/Lisbon/"), _refused(404, "unknown-path")),
    Case("a wrong method is refused", Question("/trip/Lisbon", method="POST"), _wrong_method),
    Case("HEAD is refused like GET, without the body", Question("/nowhere", method="HEAD"), _head_of_unknown_path),
]

STREAMS = [
    Case("a stream has a record for each source, and an end", _streamed("application/x-ndjson"), _lines_of_trip),
    Case("a stream of events has the same records", _streamed("text/event-stream"), _events_of_trip),
    Case(
        "JSON comes before a stream of the same weight",
        _streamed("application/json, text/event-stream"),
        _complete_trip,
    ),
    Case(
        "a stream of which every source fails is a problem",
        _streamed("application/x-ndjson", "/trip/Nowhere"),
        _failed_trip(404, "not-found", "not-found"),
    ),
    Case(
        "a refusal is a problem, though a stream is asked for",
        _streamed("text/event-stream", "/trip/L"),
        _bad_parameter("city"),
    ),
    Case(
        "an event source whose stream has ended gets nothing more",
        Question("/trip/Lisbon", headers={"accept": "text/event-stream", "last-event-id": "fanin-complete"}),
        _nothing_more,
    ),
]

LIMITS = [
    Case(
        "a query that is too long is refused",
        Question("/trip/Lisbon", "q=" + "x" * 8200),
        _refused(414, "uri-too-long"),
    ),
    Case(
        "too many values of one key are refused",
        Question("/forecast/Lisbon", "&".join(["days=2"] * 17)),
        _refused(414, "uri-too-long"),
    ),
    Case(
        "headers that are too large are refused",
        Question("/trip/Lisbon", headers={f"x-{n}": "y" * 2000 for n in range(6)}),
        _refused(431, "headers-too-large"),
    ),
    Case(
        "a body that is too large is refused",
        Question("/trip/Lisbon", body=b"x" * 1_000_001),
        _refused(413, "body-too-large"),
    ),
]

FAILING = [
    Case(
        "a source that says: later, is unavailable",
        _LISBON,
        _without_weather("source-unavailable", 502),
        {"open-meteo": {"fail": "status", "status": 503}},
    ),
    Case(
        "a source that refuses the call has rejected it",
        _LISBON,
        _without_weather("source-rejected", 502),
        {"open-meteo": {"fail": "status", "status": 403}},
    ),
    Case(
        "an answer without content is the value null, and complete",
        _LISBON,
        _null_weather,
        {"open-meteo": {"fail": "status", "status": 204}},
    ),
    Case(
        "a source that hangs times out",
        _LISBON,
        _without_weather("source-timeout", 504),
        {"open-meteo": {"fail": "hang"}},
    ),
    Case(
        "a dripping body times out", _LISBON, _without_weather("source-timeout", 504), {"open-meteo": {"fail": "drip"}}
    ),
    Case(
        "dripping headers time out",
        _LISBON,
        _without_weather("source-timeout", 504),
        {"open-meteo": {"fail": "drip-headers"}},
    ),
    Case(
        "an endless body is too large",
        _LISBON,
        _without_weather("source-too-large", 502),
        {"open-meteo": {"fail": "endless"}},
    ),
    Case(
        "a huge answer is too large",
        _LISBON,
        _without_weather("source-too-large", 502),
        {"open-meteo": {"fail": "huge"}},
    ),
    Case(
        "a connection that is reset is unavailable",
        _LISBON,
        _without_weather("source-unavailable", 502),
        {"open-meteo": {"fail": "reset"}},
    ),
    Case(
        "a connection that is closed is unavailable",
        _LISBON,
        _without_weather("source-unavailable", 502),
        {"open-meteo": {"fail": "close"}},
    ),
    Case(
        "an answer that is cut short is unavailable",
        _LISBON,
        _without_weather("source-unavailable", 502),
        {"open-meteo": {"fail": "truncated"}},
    ),
    Case(
        "an answer that is not JSON is undecodable",
        _LISBON,
        _without_weather("source-undecodable", 502),
        {"open-meteo": {"fail": "garbage"}},
    ),
    Case("what a source does not have is not found", Question("/trip/Nairobi"), _without_rates),
    Case(
        "a required source without the thing is 404",
        Question("/trip/Nowhere"),
        _failed_trip(404, "not-found", "not-found"),
    ),
    Case(
        "a required source that times out is 504",
        _LISBON,
        _failed_trip(504, "sources-timed-out", "source-timeout"),
        {"open-meteo-geocoding": {"fail": "hang"}},
    ),
    Case(
        "a required source that fails otherwise is 502",
        _LISBON,
        _failed_trip(502, "sources-failed", "source-unavailable"),
        {"open-meteo-geocoding": {"fail": "reset"}},
    ),
    Case(
        "where every source fails there is no answer",
        Question("/forecast/Lisbon"),
        _refused(502, "sources-failed"),
        {"*": {"fail": "garbage"}},
    ),
]

CASES = [*SOUND, *REFUSED, *STREAMS, *LIMITS, *FAILING]
RAW_PATHS = [
    Case("an encoded slash separates no segments", Question("/trip%2FLisbon"), _refused(404, "unknown-path")),
    Case(
        "an encoded slash in a parameter is a part of its value",
        Question("/trip/No%2Fwhere%2f"),
        _failed_trip(404, "not-found", "not-found"),
    ),
    Case("a line feed behind a path makes it another", Question("/credits%0A"), _refused(404, "unknown-path")),
]
"""Cases for ways in that hand the path on as it was sent. The embedded AWS and `sam local` decode it."""
