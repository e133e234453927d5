"""fanin.contract.answers: from outcomes to status, headers and body, as DESIGN.md's table has it."""

import json
import re
from collections.abc import Mapping
from typing import Any

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin import errors
from fanin.config import Endpoint
from fanin.config.api import PROBLEM_TYPES
from fanin.config.values import Json
from fanin.contract import answers
from fanin.contract.answers import MAX_RESPONSE, Answer
from fanin.contract.headers import MAX_HEADERS, source_headers
from fanin.engine.outcome import Outcome, Span, Trace
from fanin.engine.refusals import wrong_method
from fanin.engine.result import Result
from fanin.errors import (
    AddressRefused,
    DependencyFailed,
    NotFound,
    RequestError,
    SourceError,
    SourceRejected,
    SourceTimeout,
    SourceUnavailable,
    ValueRefused,
)

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type)
    and issubclass(kind, SourceError)
    and not kind.__subclasses__()
    and kind is not DependencyFailed
]


def failed(kind: type[SourceError], source: str = "a", **more: Any) -> Outcome[Json]:
    """Make a failure."""
    return Outcome.failed(kind(source, f"{source} failed", **more))


def following(source: str, cause: SourceError) -> Outcome[Json]:
    """Make the failure of a source whose dependency failed."""
    return Outcome.failed(DependencyFailed(source, cause))


def answered(outcomes: Mapping[str, Outcome[Json]], **endpoint: Any) -> Answer:
    """Answer with outcomes, each call having taken 10 ms."""
    keys = {"path": "/e", "sources": tuple(outcomes)} | endpoint
    spans = {name: Span(0.0, 0.0, 0.01) for name in outcomes}
    return answers.answer(Result(Endpoint(**keys), outcomes, Trace(0.0, spans)), "the-id")


def header(answer: Answer, name: str) -> str:
    """Give the one header of a name."""
    (value,) = [value for key, value in answer.headers if key == name]
    return value


def problem(answer: Answer) -> dict[str, Any]:
    """Give a problem's members, having checked what RFC 9457 asks of them."""
    assert header(answer, "Content-Type") == "application/problem+json"
    members: dict[str, Any] = json.loads(answer.body)
    assert_problem(members)
    assert members["status"] == answer.status
    assert members["request_id"] == header(answer, "X-Request-Id")
    return members


def assert_problem(members: Mapping[str, Any]) -> None:
    """Check the members that RFC 9457 defines."""
    assert re.fullmatch(r"https://[^\s]+/problems/[a-z]+(-[a-z]+)*", members["type"])
    assert isinstance(members["title"], str)
    assert members["title"]
    assert isinstance(members["detail"], str)
    assert members["detail"]
    assert isinstance(members["status"], int)
    assert 400 <= members["status"] < 600


def sources_of(answer: Answer) -> dict[str, tuple[str, dict[str, Any]]]:
    """Read `Fanin-Sources` with a parser that is not ours."""
    parsed = http_sf.parse(header(answer, "Fanin-Sources").encode(), tltype="dictionary")
    assert isinstance(parsed, dict)
    read: dict[str, tuple[str, dict[str, Any]]] = {}
    for name, member in parsed.items():
        assert isinstance(member, tuple)
        state, parameters = member
        assert isinstance(state, http_sf.Token)
        read[name] = (str(state), dict(parameters))
    return read


def timings_of(answer: Answer) -> dict[str, float]:
    """Read `Server-Timing` strictly."""
    members = header(answer, "Server-Timing").split(", ")
    found = [re.fullmatch(r"([a-z0-9_]+);dur=(\d+\.\d)", member) for member in members]
    assert all(found)
    return {match[1]: float(match[2]) for match in found if match}


class TestComplete:
    """Every source answered for itself."""

    OUTCOMES: Mapping[str, Outcome[Json]] = {
        "geo": Outcome({"name": "Lisbon"}),
        "weather": Outcome({"t": 17.4}, None, "stale", 61.6, 3),
    }

    def test_is_200_with_each_value_under_its_name(self) -> None:
        """In the order of the endpoint's list, without `errors`."""
        answer = answered(self.OUTCOMES, sources=("weather", "geo"))
        assert answer.status == 200
        assert list(json.loads(answer.body).items()) == [("weather", {"t": 17.4}), ("geo", {"name": "Lisbon"})]
        assert header(answer, "Content-Type") == "application/json"

    def test_says_so_in_its_headers(self) -> None:
        """Complete, each source's state, age and attempts, and its time."""
        answer = answered(self.OUTCOMES)
        assert http_sf.parse(header(answer, "Fanin-Complete").encode(), tltype="item") == (True, {})
        assert sources_of(answer) == {
            "geo": ("fresh", {"age": 0, "attempts": 1}),
            "weather": ("stale", {"age": 62, "attempts": 3}),
        }
        assert timings_of(answer) == {"geo": 10.0, "weather": 10.0}
        assert header(answer, "X-Request-Id") == "the-id"
        assert header(answer, "Cache-Control") == "no-store"

    def test_under_a_flat_merge_is_one_object(self) -> None:
        """The later source wins."""
        outcomes = {"a": Outcome[Json]({"x": 1, "y": 1}), "b": Outcome[Json]({"y": 2})}
        assert json.loads(answered(outcomes, merge="flat").body) == {"x": 1, "y": 2}

    def test_leaves_unlisted_sources_out_of_the_body_but_not_of_the_headers(self) -> None:
        """Their time was spent too."""
        answer = answered(self.OUTCOMES, sources=("weather",))
        assert json.loads(answer.body) == {"weather": {"t": 17.4}}
        assert set(sources_of(answer)) == set(timings_of(answer)) == {"geo", "weather"}


class TestPartial:
    """Some sources did not answer."""

    OUTCOMES: Mapping[str, Outcome[Json]] = {
        "geo": Outcome({"name": "Lisbon"}),
        "weather": failed(SourceTimeout, "weather", attempts=2),
    }

    def test_is_200_with_null_and_the_problem_of_each_failure(self) -> None:
        """`errors` maps a failed source's name to a problem with its attempts."""
        answer = answered(self.OUTCOMES)
        body = json.loads(answer.body)
        assert answer.status == 200
        assert body["geo"] == {"name": "Lisbon"}
        assert body["weather"] is None
        assert set(body) == {"geo", "weather", "errors"}
        assert set(body["errors"]) == {"weather"}
        found = body["errors"]["weather"]
        assert_problem(found)
        assert found["type"].endswith("/source-timeout")
        assert (found["title"], found["status"], found["attempts"]) == ("Source timed out", 504, 2)

    def test_says_so_in_its_headers(self) -> None:
        """Not complete, not to be stored, and what failed how."""
        answer = answered(self.OUTCOMES)
        assert http_sf.parse(header(answer, "Fanin-Complete").encode(), tltype="item") == (False, {})
        assert header(answer, "Cache-Control") == "no-store"
        assert sources_of(answer)["weather"] == ("source-timeout", {"attempts": 2})

    def test_under_a_flat_merge_leaves_the_failed_out(self) -> None:
        """There is no null in its place, but `errors` names it."""
        body = json.loads(answered(self.OUTCOMES, merge="flat").body)
        assert set(body) == {"name", "errors"}
        assert set(body["errors"]) == {"weather"}

    def test_is_what_a_stand_in_makes_of_an_answer(self) -> None:
        """A fallback has a value, and is not complete."""
        answer = answered({"a": Outcome({"x": 1}, state="fallback"), "b": Outcome({})})
        assert json.loads(answer.body) == {"a": {"x": 1}, "b": {}}
        assert header(answer, "Fanin-Complete") == "?0"
        assert sources_of(answer)["a"][0] == "fallback"

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.problem)
    def test_names_every_kind_of_failure(self, kind: type[SourceError]) -> None:
        """By the last segment of its problem's type, in the header as in the body."""
        answer = answered({"a": failed(kind), "b": Outcome({})})
        assert sources_of(answer)["a"][0] == kind.problem
        assert json.loads(answer.body)["errors"]["a"]["type"] == PROBLEM_TYPES + kind.problem


class TestFailed:
    """A required source failed, or every source did."""

    TIMEOUT, MISSING = SourceTimeout("a", "a is late"), NotFound("b", "b has none")

    @pytest.mark.parametrize(
        ("status", "outcomes", "required"),
        [
            (404, {"a": failed(NotFound), "b": Outcome({})}, ("a",)),
            (504, {"a": failed(SourceTimeout), "b": Outcome({})}, ("a",)),
            (502, {"a": failed(SourceUnavailable), "b": Outcome({})}, ("a",)),
            (502, {"a": failed(ValueRefused), "b": Outcome({})}, ("a",)),
            (404, {"a": failed(NotFound), "b": failed(SourceTimeout, "b")}, ("a",)),
            (502, {"a": failed(NotFound), "b": failed(SourceTimeout, "b")}, ("a", "b")),
            (504, {"a": failed(SourceTimeout), "b": failed(SourceTimeout, "b")}, ("a", "b")),
            (404, {"a": failed(NotFound), "b": failed(NotFound, "b")}, ()),
            (504, {"a": failed(SourceTimeout), "b": failed(SourceTimeout, "b")}, ()),
            (502, {"a": failed(SourceRejected), "b": failed(SourceTimeout, "b")}, ()),
            (502, {"a": failed(NotFound), "b": failed(SourceTimeout, "b")}, ()),
            (504, {"a": Outcome.failed(TIMEOUT), "c": following("c", TIMEOUT)}, ()),
            (504, {"a": Outcome.failed(TIMEOUT), "c": following("c", TIMEOUT), "d": Outcome({})}, ("c",)),
            (404, {"b": Outcome.failed(MISSING), "c": following("c", DependencyFailed("d", MISSING))}, ()),
        ],
        ids=[str(number) for number in range(1, 15)],
    )
    def test_has_the_status_of_its_roots(
        self, status: int, outcomes: Mapping[str, Outcome[Json]], required: tuple[str, ...]
    ) -> None:
        """404 where nothing was found, 504 where all is for want of time, 502 else; roots count, not what follows."""
        answer = answered(outcomes, required=required)
        assert answer.status == status
        assert header(answer, "Fanin-Complete") == "?0"
        assert header(answer, "Cache-Control") == "no-store"
        members = problem(answer)
        assert set(members["sources"]) == {name for name, outcome in outcomes.items() if outcome.error}
        for described in members["sources"].values():
            assert_problem(described)
        assert set(sources_of(answer)) == set(outcomes)

    @pytest.mark.parametrize(("kind", "status"), [(NotFound, 404), (SourceTimeout, 504), (SourceRejected, 502)])
    def test_is_what_the_failure_of_all_listed_sources_makes(self, kind: type[SourceError], status: int) -> None:
        """Though one that is not listed, to which they refer, gave its value."""
        outcomes = {"geo": Outcome[Json]({"lat": 1}), "a": failed(kind)}
        assert answered(outcomes, sources=("a",)).status == status

    def test_tells_each_root_once(self) -> None:
        """What follows from it does not repeat it."""
        outcomes = {"a": Outcome[Json].failed(self.TIMEOUT), "c": following("c", self.TIMEOUT)}
        assert problem(answered(outcomes))["detail"] == "a is late"

    def test_is_not_what_a_failure_of_another_source_makes(self) -> None:
        """What is not required may fail."""
        assert answered({"a": failed(NotFound), "b": Outcome({})}, required=("b",)).status == 200

    def test_a_single_sources_failure_is_its_problem(self) -> None:
        """For a handler written by hand."""
        answer = answers.source_failure(AddressRefused("a", "no"), "the-id")
        assert answer.status == 502
        assert problem(answer)["type"].endswith("/address-refused")


class TestRefused:
    """The client's request is refused."""

    @pytest.mark.parametrize("status", [400, 404, 405, 413, 414, 422, 431])
    def test_is_a_problem_with_its_status(self, status: int) -> None:
        """With the error's type, title and detail."""
        members = problem(answers.refusal(RequestError(status, "a-kind", "A kind", "what is wrong"), "the-id"))
        assert members["type"].endswith("/problems/a-kind")
        assert (members["title"], members["detail"]) == ("A kind", "what is wrong")

    def test_names_the_parameters(self) -> None:
        """Each with what is wrong with it."""
        answer = answers.refusal(errors.bad_parameters([("a", "too long"), ("b", "missing")]), "the-id")
        assert answer.status == 422
        assert problem(answer)["parameters"] == {"a": "too long", "b": "missing"}

    def test_names_the_methods_that_would_do(self) -> None:
        """In `Allow`."""
        answer = answers.refusal(wrong_method(["GET", "POST"]), "the-id")
        assert answer.status == 405
        assert header(answer, "Allow") == "GET, HEAD, POST"

    def test_says_nothing_of_an_internal_error(self) -> None:
        """Only under which id the log has it."""
        answer = answers.internal_error("the-id")
        assert answer.status == 500
        assert set(problem(answer)) == {"type", "title", "status", "detail", "request_id"}


class TestTooLarge:
    """Lambda hands on 6 MB at most, counted in the JSON text that holds the body."""

    @pytest.mark.parametrize(
        ("unit", "cost"), [("a", 1), ('"', 4), ("\\", 4), ("é", 6), ("漢", 6), ("😀", 12), ("\n", 3)], ids=ascii
    )
    def test_an_answer_is_counted_as_it_is_handed_on(self, unit: str, cost: int) -> None:
        """Quotes, backslashes and what is not ASCII take more room there than in the body."""
        fits = (MAX_RESPONSE - 100) // cost
        assert answers.json_answer(unit * fits, "the-id").status == 200
        answer = answers.json_answer(unit * (fits + 101), "the-id")
        assert answer.status == 500
        assert problem(answer)["type"].endswith("/response-too-large")
        told = re.fullmatch(
            r"the answer takes (\d+) bytes in Lambda's response, which has (\d+) at most", problem(answer)["detail"]
        )
        assert told
        assert int(told[1]) > int(told[2]) == MAX_RESPONSE

    def test_the_problem_keeps_the_headers_of_the_sources(self) -> None:
        """So that one sees which they were."""
        answer = answered({"a": Outcome("a" * MAX_RESPONSE)})
        assert answer.status == 500
        assert set(sources_of(answer)) == {"a"}


class TestHeaders:
    """`Fanin-Sources` and `Server-Timing`."""

    @staticmethod
    def of(count: int, failing: int = 0, name: str = "source_number_{}") -> Answer:
        """Answer with many sources, the first ones failing; the further down, the slower."""
        names = [name.format(number) for number in range(count)]
        outcomes = {
            name: failed(SourceTimeout, name) if number < failing else Outcome[Json](1)
            for number, name in enumerate(names)
        }
        spans = {name: Span(0.0, 0.0, number / 1000) for number, name in enumerate(names)}
        headers = source_headers(outcomes, spans)
        return Answer(200, headers, b"")

    def test_name_every_source_while_there_is_room(self) -> None:
        """Up to 4 kB nothing is left out."""
        answer = self.of(50)
        assert len(sources_of(answer)) == len(timings_of(answer)) == 50

    @pytest.mark.parametrize("count", [60, 100, 256])
    def test_above_4_kb_name_the_failed_and_the_slowest(self, count: int) -> None:
        """First of all the failed, then from the slowest down, in the order of the outcomes, within the bound."""
        answer = self.of(count, failing=3)
        named = list(sources_of(answer))
        assert named == list(timings_of(answer))
        size = len(header(answer, "Fanin-Sources")) + len(header(answer, "Server-Timing"))
        assert MAX_HEADERS - 120 < size <= MAX_HEADERS
        slowest = range(count - len(named) + 3, count)
        assert named == [f"source_number_{number}" for number in [0, 1, 2, *slowest]]

    def test_stay_within_the_bound_when_all_failed(self) -> None:
        """The failed are too many then to be all named."""
        answer = self.of(256, failing=256)
        assert len(header(answer, "Fanin-Sources")) + len(header(answer, "Server-Timing")) <= MAX_HEADERS
        assert sources_of(answer)

    def test_a_source_without_a_call_took_no_time(self) -> None:
        """And no attempt."""
        outcomes = {"a": following("a", NotFound("b", "none"))}
        answer = Answer(200, source_headers(outcomes, {"a": Span(1.0)}), b"")
        assert timings_of(answer) == {"a": 0.0}
        assert sources_of(answer) == {"a": ("dependency-failed", {"attempts": 0})}

    def test_where_no_source_was_read_no_empty_field_is_sent(self) -> None:
        """RFC 9651, 3.2: an empty dictionary is not serialized at all."""
        headers = dict(source_headers({}, {}))
        assert "Fanin-Sources" not in headers
        assert "Server-Timing" not in headers

    @given(
        st.dictionaries(
            st.from_regex(r"[a-z][a-z0-9_]{0,30}", fullmatch=True),
            st.one_of(
                st.builds(
                    Outcome[Json],
                    st.just(1),
                    state=st.sampled_from(["fresh", "stale", "fallback"]),
                    age=st.floats(0, 1e9),
                    attempts=st.integers(0, 99),
                ),
                st.sampled_from(KINDS).map(failed),
            ),
            min_size=1,
            max_size=150,
        )
    )
    def test_whatever_the_outcomes_the_fields_are_well_formed(self, outcomes: dict[str, Outcome[Json]]) -> None:
        """They parse, as structured fields and as Server-Timing, and say what the outcomes say."""
        answer = Answer(200, source_headers(outcomes, {name: Span(0, 0, 1) for name in outcomes}), b"")
        read = sources_of(answer)
        assert set(read) <= set(outcomes)
        assert set(read) == set(timings_of(answer))
        for name, (state, parameters) in read.items():
            error = outcomes[name].error
            assert state == (error.problem if error else outcomes[name].state)
            assert parameters["attempts"] == outcomes[name].attempts
        assert header(answer, "Fanin-Complete") == f"?{int(all(o.complete for o in outcomes.values()))}"
