"""decode: from an HTTP response to the JSON that it holds, or to the failure that it means."""

from dataclasses import replace

import orjson

from fanin.config.values import Json
from fanin.engine.call import Call, Fetch, NotModified, Response
from fanin.engine.outcome import Outcome
from fanin.errors import NotFound, SourceError, SourceRejected, SourceUnavailable, SourceUndecodable
from fanin.policies.retry_after import retry_after

MAX_DEPTH = 128
"""Levels of lists and objects in an answer."""
_WRITTEN_DEPTH = 254
"""Levels that orjson writes."""

_LATER = frozenset((408, 425, 429))
_GONE = frozenset((404, 410))
_ACCEPTED = 202


def decoded(source: str, response: Response) -> Json:
    """Read a response.

    Args:
        source: the name of the source that it is from.
        response: the whole response.

    Raises:
        NotFound: 404 or 410.
        SourceUnavailable: 408, 425, 429 or 5xx; or 202, whose body tells of work that is not done yet.
        SourceRejected: another status than 2xx; redirects are not followed.
        SourceUndecodable: the body is not JSON (RFC 8259, UTF-8), or nested too deep.
    """
    status = response.status
    if status in _GONE:
        raise NotFound(source, f"{source} has no such thing")
    if status == _ACCEPTED or status in _LATER or status >= 500:
        why = ": its answer will be there later" if status == _ACCEPTED else ""
        error = SourceUnavailable(source, f"{source} answered with status {status}{why}")
        error.retry_after = retry_after(response.headers)
        raise error
    if not 200 <= status < 300:
        raise SourceRejected(source, f"{source} answered with status {status}")
    try:
        value: Json = orjson.loads(response.body)
    except orjson.JSONDecodeError as error:
        raise SourceUndecodable(source, f"{source} answered with something that is not JSON") from error
    if response.body.count(b"[") + response.body.count(b"{") > MAX_DEPTH and _too_deep(value):
        raise SourceUndecodable(source, f"{source} answered with JSON that is nested over {MAX_DEPTH} levels deep")
    return value


def _too_deep(value: Json) -> bool:
    """Find out by writing it, as deep as still can be written: some thirty times faster than counting in Python."""
    for _ in range(_WRITTEN_DEPTH - MAX_DEPTH):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return True
    return False


def decode(fetch: Fetch) -> Fetch:
    """Read the response that a fetch gives."""

    async def with_decode(call: Call) -> Outcome[Json | NotModified]:
        outcome = await fetch(call)
        response = outcome.value
        assert isinstance(response, Response)
        if response.status == 304 and call.request.validators:
            return replace(outcome, value=NotModified(), headers=response.headers)
        try:
            value = decoded(call.source.name, response)
        except SourceError as error:
            error.headers = response.headers
            raise
        return replace(outcome, value=value, status=response.status, headers=response.headers)

    return with_decode
