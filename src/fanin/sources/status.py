"""What the status of a source's answer means: HTTP's, and the API's own in the body."""

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from fanin.config import Source
from fanin.config.answering import ANY_OTHER, DEFAULTS, OWN_MEMBERS, Meaning
from fanin.config.template import written
from fanin.config.values import Json
from fanin.engine.call import Response
from fanin.engine.shape import found_by
from fanin.errors import NotFound, SourceError, SourceRejected, SourceUnavailable, SourceUndecodable
from fanin.sources.retry_after import retry_after

MOST_MEMBERS = 4_096
"""Bytes of what `problem` gives, as JSON; more is left out."""

_LATER = frozenset((408, 425, 429))
_ACCEPTED = 202
_UNAUTHORIZED = 401


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
