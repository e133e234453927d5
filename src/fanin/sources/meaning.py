"""From a source's answer to the value that it holds, or to the failure that it means.

Its status says first what it means: HTTP's, and the API's own in the body. The body is read by the source's `format`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import orjson

from fanin.config import Source
from fanin.config.answering import ANY_OTHER, DEFAULTS, OWN_MEMBERS, Meaning
from fanin.config.template import written
from fanin.config.values import Json
from fanin.engine.call import NO_CONTENT, Call, Fetch, InPart, NoContent, NotModified, Response
from fanin.engine.footprint import memory_for
from fanin.engine.outcome import Outcome
from fanin.engine.shape import found_by
from fanin.errors import NotFound, SourceError, SourceRejected, SourceUnavailable, SourceUndecodable
from fanin.sources.decoders import decoder_of
from fanin.sources.decoders.json import value_of as json_of
from fanin.sources.http.head import moment
from fanin.sources.links import links_of

MOST_MEMBERS = 4_096
"""Bytes of what `problem` gives, as JSON; more is left out."""

LONGEST_WAIT = 2.0**31
"""Seconds: the most that a Retry-After counts for, whatever a source asks for."""

_MOST_SAID = 300
"""Characters of a GraphQL message that clients are told."""
_JSON = "json"
_SECONDS = re.compile(r"[0-9]+")
_LATER = frozenset((408, 425, 429))
_ACCEPTED = 202
_UNAUTHORIZED = 401


def decode(fetch: Fetch) -> Fetch:
    """Read the response that a fetch gives."""

    async def with_decode(call: Call) -> Outcome[Json | NoContent | NotModified | InPart]:
        outcome = await fetch(call)
        response = outcome.value
        assert isinstance(response, Response)
        if response.status == 304 and call.request.validators:
            return replace(outcome, value=NotModified(), headers=response.headers)
        try:
            value = decoded(call.source, response, call)
        except SourceError as error:
            error.headers = response.headers
            raise
        return outcome.decoded(value, response.headers, response.status, len(response.body))

    return with_decode


def decoded(source: Source, response: Response, call: Call | None = None) -> Json | NoContent | InPart:
    """Read a response: first its status, then its body.

    Args:
        source: the source that it is from.
        response: the whole response.
        call: the call that it answers; None where nothing but the response matters.

    Returns:
        the value, or the response document if the source has `pick_response` or `pages`; `NO_CONTENT` if the status
        says that it is null.

    Raises:
        NotFound, SourceUnavailable, SourceRejected: the status means so, as `meaning_of` and `own_meaning` say.
        SourceTooLarge: its values would take too much memory.
        SourceUndecodable: the body is not in the source's format.
    """
    meaning = meaning_of(source, response)
    room = call.room if call else None
    memory = room.memory if room else memory_for(source.max_bytes)
    if meaning == "value" and source.answers_without_body:
        return response_document(_placed(source, response, call), None) if source.keeps_response else NO_CONTENT
    if meaning == "value":
        if source.format == _JSON:
            body = json_of(source.name, response, memory)
        else:
            body = decoder_of(source.format)(source.name, _placed(source, response, call), memory)
        if source.status_from is not None and response.status < 300:
            meaning, own = own_meaning(source, body)
            if meaning not in {"value", "null"}:
                raise failure(source, response, meaning, body, own=bool(own))
        if room:
            room.take(response.body, orjson.dumps(body))
        if meaning == "value":
            data = data_of(source.name, body) if source.is_graphql else body
            return _with_response(source, _placed(source, response, call), data) if source.keeps_response else data
    if meaning == "null":
        return NO_CONTENT
    raise failure(source, response, meaning, _explanation(source, response, memory))


def data_of(source: str, answer: Json) -> Json | InPart:
    """Give the data of GraphQL's answer; with errors beside it, it is a value in part.

    https://spec.graphql.org/October2021/#sec-Response

    Args:
        source: the source's name.
        answer: the decoded body.

    Raises:
        SourceRejected: there is no data; its detail has the message of the first error.
        SourceUndecodable: it is no answer of GraphQL's.
    """
    if not isinstance(answer, dict) or not answer.keys() & {"data", "errors"}:
        raise SourceUndecodable(source, f"{source} answered with something that is no answer of GraphQL's")
    if (data := answer.get("data")) is None:
        raise SourceRejected(source, f"{source} refused the query: {_message(answer)}")
    if answer.get("errors"):
        return InPart(data, SourceRejected(source, f"{source} answered in part: {_message(answer)}"))
    return data


def _message(answer: dict[str, Json]) -> str:
    """Give the message of the first error, as far as it can be told."""
    match answer.get("errors"):
        case [{"message": str(message)}, *_] if message:
            printable = "".join(character if character.isprintable() else " " for character in message)
            return printable if len(printable) <= _MOST_SAID else f"{printable[: _MOST_SAID - 1]}…"
    return "it does not say why"


def _with_response(source: Source, response: Response, data: Json | InPart) -> Json | InPart:
    """Give the response document of a value, which may be there in part."""
    if not isinstance(data, InPart):
        return response_document(response, data)
    if source.pages is not None:  # a page that lacks something may lack items
        raise data.error
    return InPart(response_document(response, data.value), data.error)


def response_document(response: Response, body: Json) -> Json:
    """Give what `pick_response` and `pages` look at.

    Args:
        response: the response, with the URL that it came from.
        body: its body, decoded.
    """
    links: Json = dict(links_of(response.headers.get("link", ""), response.url))
    return {"status": response.status, "headers": dict(response.headers), "links": links, "body": body}


def _placed(source: Source, response: Response, call: Call | None) -> Response:
    """Say where a response came from: never a URL that has a secret, which redirects may have."""
    if call is None or (response.url and not source.secrets):
        return response
    return replace(response, url=call.request.url)


def _explanation(source: Source, response: Response, memory: int) -> Json:
    """Read the body of a failure by its format, or as JSON if it says that it is; None without `problem`."""
    if source.problem is None:
        return None
    told = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = _JSON if told == "application/json" or told.endswith("+json") else source.format
    try:
        return decoder_of(form)(source.name, response, memory)
    except SourceError:
        return None


def meaning_of(source: Source, response: Response) -> Meaning:
    """Say what an HTTP status means: by its entry, its default, the entry of its class, or by HTTP.

    By HTTP 408, 425, 429, 5xx and any other 4xx with a Retry-After mean "later". Any other status than 2xx is a
    refusal; redirects are not followed here. A 401 is passed on if it speaks of the client's credentials.

    Args:
        source: whose `statuses` say it first.
        response: the response.
    """
    status = response.status
    if source.statuses:
        name = str(status)
        meant = source.statuses.get(name) or DEFAULTS.get(name) or source.statuses.get(f"{status // 100}xx")
        if meant:
            return meant
    elif meant := DEFAULTS.get(str(status)):
        return meant
    if 200 <= status < 300:
        return "value"
    if status == _UNAUTHORIZED and source.asks_as_client:
        return "pass"
    if status in _LATER or status >= 500 or (status >= 400 and retry_after(response.headers) is not None):
        return "unavailable"
    return "rejected"


def own_meaning(source: Source, body: Json) -> tuple[Meaning, str]:
    """Say what the API's own status in the body of a success means, and what that status is.

    Raises:
        SourceUndecodable: it is a list or an object.
    """
    assert source.status_from is not None
    own = found_by(source, source.status_from, body, "status_from")
    if own is None:
        return "value", ""
    if isinstance(own, list | dict):
        raise SourceUndecodable(source.name, f"{source.name} answered with a status_from that is a list or an object")
    status = written(own)
    return source.statuses.get(status) or source.statuses.get(ANY_OTHER) or "value", status


def failure(source: Source, response: Response, meaning: Meaning, body: Json, *, own: bool = False) -> SourceError:
    """Make the failure that a status means.

    Args:
        source: the source.
        response: the response.
        meaning: what its status means: no value, and not null.
        body: its body, for `problem`; None if it could not be read.
        own: whether it is the API's own status that means it, which clients are not told.
    """
    name, status = source.name, response.status
    error: SourceError
    said = "a status of its own" if own else f"status {status}"
    match meaning:
        case "missing":
            error = NotFound(name, f"{name} has no such thing")
        case "unavailable":
            why = ": its answer will be there later" if status == _ACCEPTED else ""
            error = SourceUnavailable(name, f"{name} answered with {said}{why}")
            error.retry_after = retry_after(response.headers)
        case _:
            error = SourceRejected(name, f"{name} answered with {said}")
            if meaning == "pass" and status >= 400:
                error.status, error.passed = status, True
                error.retry_after = retry_after(response.headers)
    error.headers = response.headers
    if source.problem is not None:
        error.members = _members(source, body)
    return error


def _members(source: Source, body: Json) -> Mapping[str, Json]:
    """Give what clients are told of a failure's body: what `problem` finds there, if it is an object and small."""
    assert source.problem is not None
    try:
        found = found_by(source, source.problem, body, "problem")
    except SourceError:
        return MappingProxyType({})
    if not isinstance(found, dict):
        return MappingProxyType({})
    told = {
        name: value
        for name, value in found.items()
        if value is not None and name not in OWN_MEMBERS and (name not in {"title", "detail"} or isinstance(value, str))
    }
    return told if len(orjson.dumps(told)) <= MOST_MEMBERS else MappingProxyType({})


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds that Retry-After asks for (RFC 9110, section 10.2.3); None without it, or if it cannot be read.

    A date is taken from the answer's own `Date`, so that no clock has to agree with the source's. The clients put
    the time of receipt there if the source sends none.

    Args:
        headers: of the answer, names in lower case.
    """
    asked = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(asked):
        return min(float(asked), LONGEST_WAIT)
    until, now = moment(asked), moment(headers.get("date", ""))
    return None if until is None or now is None else min(max(0.0, until - now), LONGEST_WAIT)
