"""The HTTP contract that every execution model keeps: from outcomes to status, headers and body.

Bodies of failures are problems (RFC 9457), `Fanin-Sources` and `Fanin-Complete` structured fields (RFC 9651),
`Server-Timing` as W3C has it. This module knows no framework.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType

import orjson

from fanin.config.record import record
from fanin.config.values import Json
from fanin.contract.bodies import merged, problems_of, put_together
from fanin.contract.headers import NOT_KEPT, Headers, entity_tag, matches, passed_headers, source_headers, validity
from fanin.engine.problems import source_problem, type_of
from fanin.engine.result import Result
from fanin.errors import (
    CallerNotAllowed,
    ClientValueRefused,
    NotFound,
    RequestError,
    SourceError,
    SourceTimeout,
)

MAX_RESPONSE = 6_000_000
"""Bytes of an answer as Lambda hands it on, in a JSON text; its own limit is 6 MB."""

ANY = "*/*"
"""What a client accepts that says nothing of it."""
_JSON = "application/json"
_PROBLEM_JSON = "application/problem+json"
_LONGEST_ESCAPE = 6
BODILESS = frozenset((204, 304))
"""Statuses whose answers have no body, and say no length."""
_WHOLE = {
    403: ("not-allowed", "Not allowed"),
    404: ("not-found", "Not found"),
    422: ("value-refused", "Value refused"),
    504: ("sources-timed-out", "Sources timed out"),
}
_FAILED = ("sources-failed", "Sources failed")
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@record
class Answer:
    """An HTTP response.

    Args:
        status: the status code.
        headers: name and value, in order.
        body: JSON, encoded.
    """

    status: int
    headers: Headers
    body: bytes

    @property
    def in_lower_case(self) -> "Answer":
        """The answer as ASGI has it: framed, its headers' names in lower case."""
        return Answer(self.status, tuple([(name.lower(), value) for name, value in self.framed]), self.body)

    @property
    def framed(self) -> Headers:
        """The headers with the body's length, unless they have it, or the status is one without a body."""
        if self.status in BODILESS or "content-length" in [name.lower() for name, _ in self.headers]:
            return self.headers
        return (*self.headers, ("Content-Length", str(len(self.body))))


def answer(result: Result, request_id: str, asked: Mapping[str, str] = _NO_HEADERS) -> Answer:
    """Answer a request for an endpoint.

    Args:
        result: what the request came to.
        request_id: the id under which the request is logged.
        asked: the client's headers, names in lower case: which answer it has already, and whether it wants a stream.
    """
    if (accept := asked.get("accept", ANY)) != ANY:
        from fanin.contract import streams  # noqa: PLC0415 - no part of the cold start

        if (form := streams.asked_for(accept)) and streams.can_tell(result):
            return within_limit(streams.whole_stream(result, request_id, form), request_id)
    headers = source_headers(result.outcomes, result.trace.spans)
    if problem := whole_problem(result):
        return _problem_answer(problem, (*passed_on(result), *headers), request_id)
    goal = result.goal
    if result.headers:
        headers = (*result.headers, *headers)
    if goal.passthrough:
        from fanin.contract.passthrough import passed_through  # noqa: PLC0415 - no part of the cold start

        return within_limit(passed_through(result, goal.passthrough, request_id, headers), request_id)
    kept = validity(result.outcomes, (*result.varies, "Accept")) if goal.keepable else NOT_KEPT
    body, tag = put_together(result) or (orjson.dumps(merged(result)), "")
    return _encoded_answer(body, tag, request_id, headers, kept, asked.get("if-none-match", ""), status=goal.status)


def whole(result: Result, request_id: str) -> Answer:
    """Answer as `answer` does, but however large the answer is, and to be kept by nobody."""
    headers = source_headers(result.outcomes, result.trace.spans)
    if problem := whole_problem(result):
        return _problem_answer(problem, (*passed_on(result), *headers), request_id)
    return _answer(result.goal.status, _JSON, headers, orjson.dumps(merged(result)), request_id)


def json_answer(  # noqa: PLR0913 - an answer's parts
    body: Json,
    request_id: str,
    headers: Headers = (),
    kept: Headers = NOT_KEPT,
    if_none_match: str = "",
    *,
    status: int = 200,
) -> Answer:
    """Answer with JSON, with 304 where the client has it, or with a problem where it is too large for Lambda.

    Args:
        body: the JSON.
        request_id: the id under which the request is logged.
        headers: what the sources came to.
        kept: for how long the answer may be kept, as `validity` says it.
        if_none_match: the request's header of that name.
        status: that of an answer which is not 304.
    """
    return _encoded_answer(orjson.dumps(body), "", request_id, headers, kept, if_none_match, status=status)


def _encoded_answer(  # noqa: PLR0913, PLR0917 - as above, and the tag if it is known
    encoded: bytes, tag: str, request_id: str, headers: Headers, kept: Headers, if_none_match: str, *, status: int
) -> Answer:
    if kept is not NOT_KEPT:
        tag = tag or entity_tag(encoded)
        kept = (*kept, ("ETag", tag))
        if if_none_match and matches(if_none_match, tag):
            return Answer(304, (*kept, ("X-Request-Id", request_id), *headers), b"")
    return within_limit(_answer(status, _JSON, headers, encoded, request_id, kept), request_id)


def within_limit(answer: Answer, request_id: str) -> Answer:
    """Give an answer as it is, or a problem where it is too large for Lambda."""
    if _handed_on(answer.body) <= MAX_RESPONSE:
        return answer
    detail = f"the answer has {len(answer.body)} bytes, and Lambda hands on {MAX_RESPONSE} at most"
    kept = {"Fanin-Sources", "Server-Timing"}
    headers = tuple((name, value) for name, value in answer.headers if name in kept)
    incomplete = (("Fanin-Complete", "?0"), *headers) if headers else ()
    return _problem_answer(_problem(500, "response-too-large", "Response too large", detail), incomplete, request_id)


def source_failure(error: SourceError, request_id: str, headers: Headers = ()) -> Answer:
    """Answer a request that came to nothing for want of one source."""
    problem = orjson.dumps({**source_problem(error), "request_id": request_id})
    return _answer(error.status, _PROBLEM_JSON, (*passed_headers(error), *headers), problem, request_id)


def refusal(error: RequestError, request_id: str) -> Answer:
    """Answer a request that is refused."""
    if error.status in BODILESS:
        return Answer(error.status, (*NOT_KEPT, ("X-Request-Id", request_id)), b"")
    return _problem_answer(request_problem(error), error.headers, request_id)


def internal_error(request_id: str) -> Answer:
    """Answer a request in which fanin itself failed; the reason is in the log, under the request's id."""
    return _problem_answer(internal_problem(), (), request_id)


def internal_problem() -> dict[str, Json]:
    """Describe a fault of fanin's own as a problem."""
    return _problem(500, "internal-error", "Internal error", "fanin failed; its log says why")


def request_problem(error: RequestError) -> dict[str, Json]:
    """Describe why a request is refused as a problem."""
    more: dict[str, Json] = {"parameters": dict(error.parameters)} if error.parameters else {}
    if error.violations:
        more["input"] = dict(error.violations)
    return _problem(error.status, error.problem, error.title, error.detail, more)


def whole_problem(result: Result) -> dict[str, Json] | None:
    """Describe why a request came to nothing, with the problem of each source that failed; None where it did not."""
    if decisive := _decisive(result):
        if passed := _first_passed(decisive):
            whole = {name: member for name, member in source_problem(passed).items() if name != "attempts"}
            return {**whole, **_parts(result)}
        return _problem(*_whole_problem(decisive), _parts(result))
    if result.picked and result.picked.failure:
        detail = f"the pick of {result.goal.name} {result.picked.failure}"
        if result.goal.pick and result.goal.pick.of_client:
            return _problem(422, *_WHOLE[422], detail, _parts(result))
        return _problem(502, "answer-undecodable", "Answer undecodable", detail, _parts(result))
    if result.picked and result.picked.body is None:
        return _problem(404, *_WHOLE[404], f"{result.goal.name} has no such thing", _parts(result))
    return None


def _parts(result: Result) -> dict[str, Json]:
    """Say in the problem of a request what each source came to that failed, and each write."""
    parts: dict[str, Json] = {}
    if problems := problems_of(result):
        parts["sources"] = problems
    if result.writes:
        parts["writes"] = dict(result.writes)
    return parts


def _decisive(result: Result) -> dict[str, SourceError]:
    """Give the failures for which there is no answer.

    These are those of required sources, or of all that are listed; of an endpoint whose `pick` reads the errors of one
    that failed, or gives something else than null, only the former.
    """
    if not (failures := result.failures):
        return {}
    required = {name: failures[name] for name in result.goal.required if name in failures}
    listed = {name: failures[name] for name in result.goal.sources if name in failures}
    all_failed = len(listed) == len(result.goal.sources)
    if required or result.picked is None:
        return required or (listed if all_failed else {})
    if result.picked.failure:
        return {}
    if result.picked.body is None:
        return failures
    expected = result.goal.pick is not None and not failures.keys().isdisjoint(result.goal.pick.errors)
    return listed if all_failed and not expected else {}


def _first_passed(decisive: Mapping[str, SourceError]) -> SourceError | None:
    """Give the failure that is passed on to the client: the first, in the order of `required`, that is to be."""
    return next((error.root for error in decisive.values() if error.root.passed), None)


def passed_on(result: Result) -> Headers:
    """Give the headers of a source's refusal that go to the client with it; none if no refusal is passed on."""
    passed = _first_passed(_decisive(result))
    return passed_headers(passed) if passed else ()


def _whole_problem(decisive: Mapping[str, SourceError]) -> tuple[int, str, str, str]:
    """Give status, type, title and detail of a request without an answer."""
    roots = {error.root.source: error.root for error in decisive.values()}
    status = 502
    for whole, kind in ((403, CallerNotAllowed), (404, NotFound), (504, SourceTimeout)):
        if all(isinstance(error, kind) for error in roots.values()):
            status = whole
    of_request = all(isinstance(error, ClientValueRefused | CallerNotAllowed | NotFound) for error in roots.values())
    if of_request and any(isinstance(error, ClientValueRefused) for error in roots.values()):
        status = 422
    problem, title = _WHOLE.get(status, _FAILED)
    return status, problem, title, "; ".join(error.detail for error in roots.values())


def _problem(
    status: int, problem: str, title: str, detail: str, more: Mapping[str, Json] = MappingProxyType({})
) -> dict[str, Json]:
    return {"type": type_of(problem), "title": title, "status": status, "detail": detail, **more}


def _problem_answer(problem: Mapping[str, Json], headers: Headers, request_id: str) -> Answer:
    status = problem["status"]
    assert isinstance(status, int)
    return _answer(status, _PROBLEM_JSON, headers, orjson.dumps({**problem, "request_id": request_id}), request_id)


def _answer(  # noqa: PLR0913, PLR0917 - an answer's parts
    status: int, content_type: str, headers: Headers, body: bytes, request_id: str, kept: Headers = NOT_KEPT
) -> Answer:
    typed = (("Content-Type", content_type), ("X-Content-Type-Options", "nosniff"))
    return Answer(status, (*typed, *kept, ("X-Request-Id", request_id), *headers), body)


def _handed_on(body: bytes) -> int:
    """Give the bytes of a body once it is a JSON text in Lambda's answer; a bound where that decides it."""
    if len(body) > MAX_RESPONSE:
        return len(body)  # as a text it is no shorter, and one emoji makes it take four times the memory
    worst = len(body) * _LONGEST_ESCAPE
    if worst <= MAX_RESPONSE:
        return worst
    try:
        return len(json.dumps(body.decode()))
    except UnicodeDecodeError:
        return len(body) * 4 // 3  # as base64
