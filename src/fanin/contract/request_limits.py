"""The limits that a client's request must keep to, the same for every function."""

from collections import Counter
from collections.abc import Mapping, Sequence

from fanin.config.parameters import MAX_REPEATED
from fanin.errors import RequestError

MAX_TARGET = 8192
"""Bytes of path and query, percent-encoded."""
MAX_HEADERS = 10_240
"""Bytes of all headers' names and values; API Gateway's own limit, which holds for the request line too."""
MAX_VALUES = MAX_REPEATED
"""Values of one key in the query."""
LAST_EVENT = "fanin-complete"
"""The id of the event that ends a stream. A browser's EventSource then asks again, and names it."""
MAX_BODY = 1_000_000
"""Bytes of a body."""


def check(target: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str], body: bytes) -> None:
    """Refuse a request over a limit, and that of an EventSource for more of a stream that has ended.

    Args:
        target: path and query, percent-encoded.
        query: its keys and values.
        headers: names and values.
        body: the body.

    Raises:
        RequestError: 414 (RFC 9110) for target and query, 431 (RFC 6585) for the headers, 413 for the body; 204 for an
            EventSource, which then asks no more.
    """
    if len(target.encode()) > MAX_TARGET:
        raise RequestError(414, "uri-too-long", "URI too long", f"path and query have over {MAX_TARGET} bytes")
    key, values = max(Counter(key for key, _ in query).items(), key=lambda item: item[1]) if query else ("", 0)
    if values > MAX_VALUES:
        raise RequestError(
            414, "uri-too-long", "URI too long", f"the query has over {MAX_VALUES} values of {key[:40]!r}"
        )
    if len("".join([*headers, *headers.values()]).encode()) > MAX_HEADERS:
        raise RequestError(431, "headers-too-large", "Headers too large", f"the headers have over {MAX_HEADERS} bytes")
    if headers.get("last-event-id") == LAST_EVENT:
        raise RequestError(204, "stream-ended", "Stream ended", "the stream has ended")
    check_body(len(body))


def check_body(length: int) -> None:
    """Refuse a body over the limit.

    Args:
        length: its bytes, or those of them that have come.

    Raises:
        RequestError: 413.
    """
    if length > MAX_BODY:
        raise RequestError(413, "body-too-large", "Body too large", f"the body has over {MAX_BODY} bytes")


def cut_short() -> RequestError:
    """Refuse a body of which the end is missing."""
    return RequestError(400, "malformed-body", "Malformed body", "the body ended before all of it was there")
