"""Which headers a source may send, and which of a client's tell whom an answer is for."""

from collections.abc import Collection
from typing import Annotated

from pydantic import AfterValidator

from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, quoted

_HEADER_NAME = LatePattern(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that fanin sets itself, and browsers do."""

TRACE_HEADERS = frozenset(("traceparent", "tracestate"))
"""The headers that carry a trace."""

NEGOTIATION = frozenset({"accept", "accept-language", "accept-charset", "prefer"})
"""Forwarded headers that say what form an answer should have, not whom it is for."""


def check_header_name(name: str) -> str:
    """Give a name back as it is.

    Raises:
        Mistake: it is none, or a header that fanin sets itself.
    """
    check_header_syntax((name,))
    if name.lower() in OWN_HEADERS:
        raise Mistake("bad-header", f"{name} is set by fanin itself", "Remove it")
    return name


_KEEPING = "fanin says how long its answers may be kept: an answer that is passed through is no-store"
_FORM = "fanin says what form its answers have; an answer that is passed through keeps the API's Content-Type"
_ANSWERS_OWN = {
    **dict.fromkeys(("age", "cache-control", "date", "etag", "vary"), _KEEPING),
    **dict.fromkeys(("content-encoding", "content-range", "content-type"), _FORM),
    **dict.fromkeys(
        ("allow", "fanin-complete", "fanin-sources", "server-timing", "x-request-id"), "fanin sets it itself"
    ),
    "set-cookie": "an API's cookie would become one of fanin's host, and go with requests for all of its endpoints",
}
"""Headers that an endpoint's answer cannot have from fanin.toml, and why."""


def check_answer_headers(names: Collection[str]) -> None:
    """Check that an endpoint's answer may have headers of these names, each once.

    Raises:
        Mistake: it may not.
    """
    check_header_names(names)
    for name in names:
        if why := _ANSWERS_OWN.get(name.lower()):
            fix = "Remove it"
            if name.lower() == "set-cookie":
                fix = "Remove it; hand a session on as a token, in another header or in the body"
            raise Mistake("bad-header", f"{name} is no header of an answer here: {why}", fix)


def check_header_names(names: Collection[str]) -> None:
    """Check that a source may send headers of these names, each once.

    Raises:
        Mistake: it may not.
    """
    for name in names:
        check_header_name(name)
    check_header_syntax(names)


def check_header_syntax(names: Collection[str]) -> None:
    """Check that these are names of headers, each once, whoever sets them.

    Raises:
        Mistake: they are not.
    """
    for name in names:
        if not _HEADER_NAME.compiled.fullmatch(name):
            raise Mistake("bad-header", f"{quoted(name)} is no header's name", "Write letters, digits and -")
    if len({name.lower() for name in names}) != len(names):
        raise Mistake("bad-header", "a header stands in it twice", "Keep one of them")


HeaderName = Annotated[str, AfterValidator(check_header_name)]


def names_someone(header: str) -> bool:
    """Whether a forwarded header may tell whom an answer is for: any may that is not known to tell something else."""
    return header.lower() not in NEGOTIATION
