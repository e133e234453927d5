"""What scripted upstreams answer: a line for each request that they know, such as "GET /users/{id}"."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from fanin.config.template import (
    BodyTemplate,
    HeaderTemplate,
    InputReference,
    ParameterReference,
    Reference,
    Template,
    Values,
)
from fanin.config.values import Json
from fanin.engine.document import field_of

ORIGIN = "origin"
"""The reference that stands for an upstream's own URL."""


@dataclass(frozen=True)
class Gives:
    """What an upstream answers.

    Args:
        body: JSON; bytes are sent as they are, a template once its references are put in.
        status: the HTTP status.
        headers: headers to send beside Content-Type, which `application/json` is unless it is among them.
        when: what the request's body has to hold for this answer; None for any.
        delay: seconds before it is sent.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str | HeaderTemplate] = field(default_factory=dict)
    when: Json = None
    delay: float = 0.0

    def filled(self, values: Values) -> "Gives":
        """Put values in for the references of body and headers."""
        body = self.body.expand(values) if isinstance(self.body, BodyTemplate) else self.body
        headers = {
            name: value.expand(values) if isinstance(value, HeaderTemplate) else value
            for name, value in self.headers.items()
        }
        return Gives(body, self.status, headers, self.when, self.delay)

    @property
    def references(self) -> Iterator[Reference]:
        """The references of body and headers."""
        if isinstance(self.body, BodyTemplate):
            yield from self.body.references
        for value in self.headers.values():
            if isinstance(value, HeaderTemplate):
                yield from value.template.references


@dataclass(frozen=True)
class Broken:
    """In place of an answer: the connection is closed without one.

    Args:
        when: as an answer's.
        delay: seconds before it is closed.
    """

    when: Json = None
    delay: float = 0.0


type Given = Gives | Broken
type Script = Mapping[str, Given | Sequence[Given]]
"""What is answered to "GET /users/1", or to "other GET /users/1" at another upstream than the first.

Path and query come first, then the path without its query, then a line with placeholders: `{id}` stands for a part of
the path or query; in the answer it is a number if it is written as one. Of several answers those count whose `when` the
request's body holds, or else those without. Each is for one request, in turn, and the last for all that follow.
"""


def led_to(url: str, bases: Mapping[str, str]) -> tuple[str, str] | None:
    """Find the upstream that a URL leads to; None if none of them does.

    Args:
        url: what is asked for.
        bases: the upstreams' URLs, without a slash at the end.

    Returns:
        its name, that of the longest base if there are several, and what is asked for there, from the path on.
    """
    found = [name for name, base in bases.items() if url.startswith(base) and url[len(base) : len(base) + 1] in "/?"]
    name = max(found, key=lambda each: len(bases[each]), default=None)
    if name is None:
        return None
    target = url.removeprefix(bases[name])
    return name, target if target.startswith("/") else f"/{target}"


def content_of(body: bytes, media_type: str) -> Json:
    """Give what a request's body holds: JSON, the fields of a form as texts, or null."""
    if media_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    try:
        content: Json = json.loads(body)
    except ValueError:
        return None
    return content


class Play:
    """A script, and how far it has been played."""

    def __init__(self, script: Script) -> None:
        self._lines = {line: list(given) if isinstance(given, Sequence) else [given] for line, given in script.items()}
        self._patterns = {line: Template.parse(line).pieces for line in script if "{" in line}

    def take(self, line: str, body: Json, origin: str) -> Given | None:
        """Give the answer to a request; None if the script has no answer for it.

        Args:
            line: the request, as the script names it, with its query.
            body: what it holds.
            origin: the upstream's own URL.
        """
        for candidate, found in self._matching(line):
            fitting = [given for given in candidate if given.when is not None and holds(body, given.when)]
            fitting = fitting or [given for given in candidate if given.when is None]
            if not fitting:
                continue
            if len(fitting) > 1:
                candidate.remove(fitting[0])
            return _filled(fitting[0], found | {ORIGIN: origin}, body)
        return None

    def _matching(self, line: str) -> Iterator[tuple[list[Given], dict[str, str]]]:
        for target in (line, line.partition("?")[0]):
            if target in self._lines:
                yield self._lines[target], {}
        for target in (line, line.partition("?")[0]):
            for pattern, pieces in self._patterns.items():
                if (found := _found(pieces, target)) is not None:
                    yield self._lines[pattern], found


def holds(body: Json, wanted: Json) -> bool:
    """Tell whether a request's body holds what is wanted: of an object these members, of anything else the same."""
    if isinstance(wanted, dict):
        return isinstance(body, dict) and all(name in body and holds(body[name], wanted[name]) for name in wanted)
    return body == wanted


def _filled(given: Given, found: Mapping[str, str], body: Json) -> Given:
    if isinstance(given, Broken):
        return given
    values: dict[Reference, Json] = {}
    for reference in given.references:
        match reference:
            case ParameterReference(name):
                values[reference] = _number(found.get(name))
            case InputReference(path):
                values[reference] = field_of(body, path)
    return given.filled(values)


def _number(text: str | None) -> Json:
    """Give a number for its digits, as APIs have it in JSON; any other text as it is."""
    return int(text) if text and text.isascii() and text.isdecimal() and str(int(text)) == text else text


def _found(pieces: Sequence[str | Reference], target: str) -> dict[str, str] | None:
    """Read what placeholders stand for; None if the target is another."""
    found: dict[str, str] = {}
    for index, piece in enumerate(pieces):
        if isinstance(piece, str):
            if not target.startswith(piece):
                return None
            target = target.removeprefix(piece)
            continue
        following = pieces[index + 1] if index + 1 < len(pieces) else ""
        end = min((at for mark in "/?&" if (at := target.find(mark)) >= 0), default=len(target))
        if isinstance(following, str) and following and (at := target.find(following, 1)) >= 0:
            end = min(end, at)
        if end == 0:
            return None
        found[str(piece).strip("{}")], target = unquote(target[:end]), target[end:]
    return None if target else found
