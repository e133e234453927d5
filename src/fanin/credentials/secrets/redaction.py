"""Every secret that this process has had in hand, and a mark for each in what is written down."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from threading import Lock
from urllib.parse import quote, quote_plus

MAX_FORMS = 8192
"""Forms of values that are known at once; the oldest are forgotten first."""
MAX_PRESENTED = 256
"""Forms of values that clients presented, likewise: no client can push a secret of the function out."""
SHORTEST = 4
"""Characters of a value below which it is not marked: it could not be told from any other text."""

_LIKE_A_KEY = re.compile(r"[0-9A-Za-z_~+=-]{20,200}")
"""What of clients' values is marked: no word of a log line, and no path, so that no client can hide what it did."""

type _Known = tuple[dict[str, str], dict[str, str]]
"""A mark for each form of a value."""


class Redaction:
    """Replaces secrets' values in texts by `[name]`.

    fanin writes no value into any log, problem or trace. This is for what others write: an exception's text with a URL
    in it, a library's own log line, what an upstream says back.

    Args:
        most: how many forms of values are known at once.
    """

    def __init__(self, most: int = MAX_FORMS) -> None:
        self._most = most
        self._lock = Lock()
        self._known: _Known = ({}, {})
        """What clients presented, and the rest: replaced as a whole, so that it tells whether an order holds."""
        self._ordered: tuple[_Known, list[tuple[str, str]]] = (self._known, [])

    def learn(self, name: str, value: str) -> None:
        """Mark a value from now on, as it is and encoded as URLs, JSON and Basic authentication have it.

        Args:
            name: what it is marked with.
            value: the value; one shorter than `SHORTEST` is not marked.
        """
        if len(value) < SHORTEST or value in self._known[1]:
            return
        with self._lock:
            presented, marks = self._known
            marks = marks | dict.fromkeys(_forms(value), f"[{name}]")
            self._known = presented, dict(list(marks.items())[-self._most :])

    def learn_presented(self, name: str, value: str) -> None:
        """Mark a credential that a client presents, good or not; of these only the latest are known.

        Args:
            name: what it is marked with.
            value: the value; one that looks like no key is not marked.
        """
        if not _LIKE_A_KEY.fullmatch(value) or any(value in known for known in self._known):
            return
        with self._lock:
            presented, marks = self._known
            presented = presented | dict.fromkeys(_forms(value), f"[{name}]")
            self._known = dict(list(presented.items())[-MAX_PRESENTED:]), marks

    def __call__(self, text: str) -> str:
        """Give a text with a mark in place of each value."""
        of, marks = self._ordered
        if of is not (known := self._known):  # another thread may learn more meanwhile: the order is then not of that
            presented, secrets = known
            # What holds another is replaced before it.
            marks = sorted({**presented, **secrets}.items(), key=lambda mark: -len(mark[0]))
            self._ordered = known, marks
        for form, mark in marks:
            if form in text:
                text = text.replace(form, mark)
        return text


def _forms(value: str) -> Iterator[str]:
    """Give the ways in which a value may be written."""
    encoded = value.encode(errors="surrogatepass")
    yield value
    for percent in (quote(encoded, safe=""), quote(encoded), quote_plus(encoded)):
        yield percent
        yield _lower_percent(percent)
    for base64 in (b64encode(encoded), urlsafe_b64encode(encoded)):
        yield base64.decode()
        yield base64.decode().rstrip("=")
    yield from (once := list(_escaped(value)))
    for escaped in once:  # a JSON text in the repr of what holds it, and the like
        yield from _escaped(escaped)


def _escaped(text: str) -> Iterator[str]:
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield repr(text)[1:-1]


def _lower_percent(percent: str) -> str:
    first, *rest = percent.split("%")
    return "%".join((first, *(part[:2].lower() + part[2:] for part in rest)))


_REDACTION = Redaction()
"""One for the process, as its loggers are: what one function in it has in hand, a line of another's may have too."""


def redaction_of(environment: Mapping[str, str]) -> Redaction:
    """Give what knows every secret that this process has in hand; of an environment, the function's own credentials."""
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        _REDACTION.learn(name.lower(), environment.get(name, ""))
    return _REDACTION
