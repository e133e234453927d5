"""The head of an answer: its grammar, as RFC 9112 has it, and its fields by name, with a date, as RFC 9110 has them.

Each expression reads its bytes once, from left to right: every repetition is possessive, so none is tried twice.
"""

import re
from collections.abc import Mapping
from email.utils import formatdate, mktime_tz, parsedate_tz
from functools import lru_cache
from typing import NamedTuple

from fanin.sources.http.failures import Malformed, TooMuch

MAX_FIELDS = 100
"""Fields of a header section, or of a trailer section."""

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
"""A character of a token (RFC 9110, section 5.6.2)."""
TEXT = rb"[\t\x20-\x7e\x80-\xff]"
"""A character of a field's value or of a reason phrase (RFC 9110, section 5.5)."""

_FIELDS = rb"((?:" + TOKEN + rb"++:" + TEXT + rb"*+\r\n)*+)\r\n"
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: (" + TEXT + rb"*+))?+\r\n")
_SECTION = re.compile(_FIELDS)
_FIELD = re.compile(rb"([^:]++):([^\r]*+)\r\n")
_BEGINNING = b"HTTP/1."
_STRAY = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n|\Z)|(?<!\r)\n")
_OWS = b" \t"

type Fields = list[tuple[bytes, bytes]]
"""Names as they were sent, and values without the white space around them."""


class Head(NamedTuple):
    """Status line and header section of an answer.

    Args:
        version: the minor version of HTTP/1: 0 or 1.
        status: the status code, 100 to 999.
        reason: the reason phrase; empty without one.
        fields: the header fields.
    """

    version: int
    status: int
    reason: bytes
    fields: Fields


def read_head(section: bytes) -> Head:
    """Read a head, from its status line to its empty line.

    Raises:
        Malformed: it does not follow RFC 9112, sections 4 and 5. Folded lines and a line feed without a carriage
            return, which a client may refuse, are refused.
        TooMuch: it has more than `MAX_FIELDS` fields.
    """
    line = _STATUS_LINE.match(section)
    if line is None:
        raise Malformed("no status line of HTTP/1.0 or HTTP/1.1")
    return Head(int(line[1]), int(line[2]), line[3] or b"", read_fields(section, line.end()))


def read_fields(section: bytes, start: int = 0) -> Fields:
    """Read a header or trailer section, its empty line included.

    Args:
        section: the bytes, of which it is the rest.
        start: where it begins.

    Raises:
        Malformed: a line is no field.
        TooMuch: it has more than `MAX_FIELDS` fields.
    """
    fields = _SECTION.fullmatch(section, start)
    if fields is None:
        raise Malformed("a line that is no header field")
    read = [(name, value.strip(_OWS)) for name, value in _FIELD.findall(fields[1])]
    if len(read) > MAX_FIELDS:
        raise TooMuch(f"over {MAX_FIELDS} fields")
    return read


def check_beginning(section: bytes | bytearray) -> None:
    """Refuse the beginning of a head that no rest can make a good one, rather than wait for the rest.

    Raises:
        Malformed: it does not begin as a status line.
    """
    if not section.startswith(_BEGINNING) and not _BEGINNING.startswith(section):
        raise Malformed("no status line of HTTP/1.0 or HTTP/1.1")


def check_lines(section: bytes | bytearray, start: int = 0) -> None:
    """Refuse characters that no line of a head, a chunk size or a trailer section may have.

    Args:
        section: the bytes so far.
        start: those before it have been looked at.

    Raises:
        Malformed: a control character, or a line break of another kind.
    """
    if _STRAY.search(section, max(0, start - 1)):
        raise Malformed("a control character, or a line break that is none")


def joined(fields: Fields) -> dict[str, str]:
    """Give header fields by their names in lower case, repeated ones joined by a comma (RFC 9110, section 5.3).

    Bytes beyond ASCII are read as Latin-1, so that none is lost.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("ascii").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


@lru_cache(maxsize=64)
def moment(date: str) -> float | None:
    """Give the seconds since the epoch of a date in any of its three forms; of several dates the first. None without.

    Args:
        date: a header's value.
    """
    parsed = parsedate_tz(date)
    try:
        return None if parsed is None else float(mktime_tz(parsed))
    except (ValueError, OverflowError):
        return None


def dated(headers: Mapping[str, str], received: float) -> Mapping[str, str]:
    """Add the time of receipt as the `Date` of an answer that has none, or an invalid one (RFC 9110, section 6.6.1).

    Args:
        headers: the answer's, names in lower case.
        received: when its head was there, in seconds since the epoch.
    """
    if moment(headers.get("date", "")) is not None:
        return headers
    return {**headers, "date": _written(int(received))}


@lru_cache(maxsize=2)
def _written(second: int) -> str:
    return formatdate(second, usegmt=True)
