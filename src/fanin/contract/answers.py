"""The HTTP contract that every execution model keeps: from outcomes to status, headers and body.

Its headers are in `headers.py`, the problems that are the bodies of failures in `problems.py`. This module knows no
framework.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson

from fanin.config.record import record
from fanin.config.values import Json
from fanin.contract.headers import NOT_KEPT, Headers, entity_tag, matches, passed_headers, source_headers, validity
from fanin.contract.problems import as_problem, internal_problem, passed_on, problems_of, request_problem, whole_problem
from fanin.engine import shape
from fanin.engine.outcome import Encoded, Kept
from fanin.engine.problems import source_problem
from fanin.engine.result import Result
from fanin.errors import RequestError, SourceError

MAX_RESPONSE = 6_000_000
"""Bytes of an answer as Lambda hands it on, in a JSON text; its own limit is 6 MB."""

ANY = "*/*"
"""What a client accepts that says nothing of it."""
_JSON = "application/json"
_PROBLEM_JSON = "application/problem+json"
_LONGEST_ESCAPE = 6
_REMEMBERED = 64 * 1024
"""Bytes of the values of which a body may be made that is made once only."""
BODILESS = frozenset((204, 304))
"""Statuses whose answers have no body, and say no length."""
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
    troubled = _has_problems(result)
    if (result.picked or troubled) and (problem := whole_problem(result)):
        return _problem_answer(problem, (*passed_on(result), *headers), request_id)
    goal = result.goal
    if result.headers:
        headers = (*result.headers, *headers)
    if goal.passthrough:
        from fanin.contract.passthrough import passed_through  # noqa: PLC0415 - no part of the cold start

        return within_limit(passed_through(result, goal.passthrough, request_id, headers), request_id)
    kept = validity(result.outcomes, (*result.varies, "Accept")) if goal.keepable else NOT_KEPT
    body, tag = (None if troubled else _put_together(result)) or (orjson.dumps(merged(result)), "")
    return _encoded_answer(body, tag, request_id, headers, kept, asked.get("if-none-match", ""), status=goal.status)


def whole(result: Result, request_id: str) -> Answer:
    """Answer as `answer` does, but however large the answer is, and to be kept by nobody."""
    headers = source_headers(result.outcomes, result.trace.spans)
    if problem := whole_problem(result):
        return _problem_answer(problem, (*passed_on(result), *headers), request_id)
    return _answer(result.goal.status, _JSON, headers, orjson.dumps(merged(result)), request_id)


def _has_problems(result: Result) -> bool:
    """Whether a source failed, or its value lacks a part: in most answers none did, and no problem is looked into."""
    return bool([outcome for outcome in result.outcomes.values() if outcome.error or outcome.partial])


def merged(result: Result) -> Json:
    """Give the body, to be encoded: what the endpoint's `pick` made, or what the listed sources answered.

    An object has the problem of each source that failed, too. What was kept, and is unread, is in it as it was kept.
    """
    body = result.picked.body if result.picked else _laid_together(result)
    return {**body, shape.ERRORS: problems_of(result)} if isinstance(body, dict) and _has_problems(result) else body


def _laid_together(result: Result) -> dict[str, Json]:
    listed = {name: result.outcomes[name] for name in result.goal.sources}
    if result.goal.merge == "flat":
        return shape.flat({name: o.value for name, o in listed.items() if o.error is None})
    laid: dict[str, Any] = {
        name: orjson.Fragment(o.encoded) if isinstance(o, Encoded) and o.encoded else o.value
        for name, o in listed.items()
    }
    return laid


def _put_together(result: Result) -> tuple[bytes, str] | None:
    """Give the body of an answer without problems, of nothing but values as they were kept, and its tag.

    None for another.
    """
    parts = [o.encoded for name in result.goal.sources if isinstance(o := result.outcomes[name], Kept) and o.encoded]
    if result.picked or len(parts) < len(result.goal.sources) or sum(map(len, parts)) > _REMEMBERED:
        return None
    return _of_parts(tuple(result.goal.sources), *parts)


@lru_cache(maxsize=64)
def _of_parts(names: tuple[str, ...], *parts: bytes) -> tuple[bytes, str]:
    """Put values together. As long as nothing new is kept, the same bytes come again, and are found."""
    body = {name: orjson.Fragment(part) for name, part in zip(names, parts, strict=True)}
    return (encoded := orjson.dumps(body)), entity_tag(encoded)


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
    if (handed_on := _handed_on(answer.body)) <= MAX_RESPONSE:
        return answer
    detail = f"the answer takes {handed_on} bytes in Lambda's response, which has {MAX_RESPONSE} at most"
    kept = {"Fanin-Sources", "Server-Timing"}
    headers = tuple((name, value) for name, value in answer.headers if name in kept)
    incomplete = (("Fanin-Complete", "?0"), *headers) if headers else ()
    return _problem_answer(as_problem(500, "response-too-large", "Response too large", detail), incomplete, request_id)


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
