"""A URL with references in its path and query."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, quoted, shortened
from fanin.config.record import record
from fanin.config.template.query import QueryTemplate
from fanin.config.template.reference import Reference, RefusedValue, Values
from fanin.config.template.text import Template, cut, masked, percent_encoded, with_encoded_braces

MAX_URL = 16_384
"""Characters of a URL with its values put in."""

_URL = LatePattern(r"[A-Za-z0-9\-._~:/?\[\]!$&'()*+,;=%@]+")
_DOUBLED = LatePattern(r"\{\{ *+([a-z][A-Za-z0-9_.-]*+) *+\}\}")
"""A reference with two braces, as other languages of templates write it."""
_LONE_PERCENT = LatePattern(r"%(?![0-9A-Fa-f]{2})")
_URL_FIX = "Write https://host/path, or {$name}/path with a variable; other characters percent-encoded"
_HOST = LatePattern(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_METHODS = frozenset(("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"))
_SHELL = LatePattern(r"\$([A-Za-z][A-Za-z0-9_]{0,100}+)")
"""A variable as shells write it."""
_BARE_HOST = LatePattern(r"(?:localhost|[a-z0-9-]{1,63}+(?:\.[a-z0-9-]{1,63}+){1,10}+)(?::[0-9]{1,5}+)?+(?:/|$)")
"""A host without a scheme."""
_DOT_SEGMENTS = ("", ".", "..")


@record
class UrlTemplate:
    """A URL whose path segments and query may hold references.

    Args:
        origin: scheme, host and port, without a reference.
        segments: the path, cut at its slashes, without the empty one before the first.
        query: what stands behind the question mark; None without one.
    """

    origin: str
    segments: tuple[Template, ...]
    query: QueryTemplate | None

    @classmethod
    def parse(cls, text: str) -> "UrlTemplate":
        """Read a URL, its variables already put in.

        Raises:
            Mistake: not an http or https URL with a host, a reference before the path, a character that has no
                place in it, a dot segment, or a path with a reference that may be left out.
        """
        _check_form(text)
        text = with_encoded_braces(text)
        whole = masked(text)
        scheme_and_host = re.match(r"[^/]*//[^/?#]*", text)
        if scheme_and_host and "{" in scheme_and_host[0]:
            part = scheme_and_host[0][scheme_and_host[0].index("{") :].partition("}")[0] + "}"
            raise Mistake("bad-url", "a reference stands for the scheme, host or port", "Only a {$variable} may", part)
        allowed = found.end() if (found := _URL.compiled.match(whole)) else 0
        if scheme_and_host and "@" in scheme_and_host[0]:
            fix = "Remove it, and write auth = { basic = { user = …, password = … } }"
            raise Mistake("bad-url", "a user and a password stand before the host", fix, "@")
        if allowed < len(whole):
            character = whole[allowed]
            raise Mistake("bad-url", f"{character!r} may not stand in a URL", _instead_of(character), character)
        if lone := _LONE_PERCENT.compiled.search(whole):
            part = text[lone.start() : lone.start() + 3]
            fix = "Write %25 for it; a reference is written {name}"
            raise Mistake("bad-url", "a % stands without two hexadecimal digits", fix, part)
        try:
            parts = urlsplit(whole)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise Mistake("bad-url", f"not a URL: {shortened(str(error))}", _URL_FIX) from error
        if parts.scheme not in ("http", "https") or not host:
            raise Mistake("bad-url", "not an absolute http or https URL", _URL_FIX)
        if not _HOST.compiled.fullmatch(host) and not _is_address(host):
            raise Mistake("bad-url", f"{quoted(host)} is no host's name", _URL_FIX, host)
        origin = text[: len(parts.scheme) + 3 + len(parts.netloc)]
        mark = whole.find("?")
        path, query = (text[len(origin) :], None) if mark < 0 else (text[len(origin) : mark], text[mark + 1 :])
        segments = tuple(_segment_of(segment) for segment in cut(path, "/")[1:])
        return cls(origin, segments, None if query is None else QueryTemplate.parse(query))

    @property
    def references(self) -> Iterator[Reference]:
        """The references of the path, then of the query."""
        return (reference for text in self.texts for reference in text.references)

    @property
    def path_references(self) -> Iterator[Reference]:
        """The references of the path."""
        return (reference for segment in self.segments for reference in segment.references)

    @property
    def texts(self) -> Iterator[Template]:
        """The segments of the path, then the pairs of the query."""
        yield from self.segments
        if self.query:
            yield from self.query.pairs

    def expand(self, values: Values, separator: str | None = None) -> str:
        """Put the values in, percent-encoded.

        Args:
            values: what stands for the references.
            separator: what joins a list in the query; None repeats its pair.

        Raises:
            RefusedValue: a path segment comes out empty or as a dot segment, which would name another resource; the
                URL is too long; or as `QueryTemplate.expand`.
        """
        segments = [self._segment(s, values) if s.references else s.literal for s in self.segments]
        path = f"/{'/'.join(segments)}"
        query = None
        if self.query:
            for reference in self.query.whole.references:
                if values[reference] is None or isinstance(values[reference], list):
                    query = self.query.expand(values, separator)
                    break
            else:  # as a whole it is faster
                query = self.query.whole.expand(values, percent_encoded)
        url = self.origin + path + ("" if query is None else f"?{query}")
        if len(url) > MAX_URL:
            longest = max(self.references, key=lambda reference: len(str(values[reference])))
            raise RefusedValue(longest, f"makes the URL longer than {MAX_URL} characters")
        return url

    def check_parameters(self, values: Values) -> None:
        """Refuse parameters' values that could not be put into the path, before any call is made.

        Args:
            values: the parameters' values; segments that refer to anything else are passed over.

        Raises:
            RefusedValue: as in `expand`.
        """
        for segment in self.segments:
            if segment.references and values.keys() >= set(segment.references):
                self._segment(segment, values)

    @staticmethod
    def _segment(segment: Template, values: Values) -> str:
        expanded = segment.expand(values, percent_encoded)
        for reference in segment.references:
            if expanded.lower().replace("%2e", ".") in _DOT_SEGMENTS:
                raise RefusedValue(
                    reference, f'leaves the path segment "{expanded}", which would name another resource'
                )
        return expanded


def _instead_of(character: str) -> str:
    """Say what to write for a character that no URL has as it is."""
    encoded = quote(character, safe="", errors="replace")
    if character in "<>":
        return f"Write {encoded} for it; a reference is written {{name}}"
    if character == "#":
        return f"Remove it and what follows, which is sent to no server; or write {encoded}"
    return f"Write {encoded} for it"


def _check_form(text: str) -> None:
    """Refuse what other tools take for a URL.

    Raises:
        Mistake: it has doubled braces, a variable of a shell, a method before it, or no scheme.
    """
    if doubled := _DOUBLED.compiled.search(text):
        fix = f"Write {{{doubled[1]}}} for a reference, or %7B{doubled[1]}%7D for braces"
        raise Mistake("bad-url", "a brace that is written twice is a literal one", fix, doubled[0])
    if text.startswith("${"):
        name = text[2:].partition("}")[0]
        raise Mistake("bad-url", "a variable has its $ inside of the braces", f"Write {{${name}}}", f"${{{name}}}")
    if instead := _instead_of_text(text):
        raise Mistake("bad-url", "not an absolute http or https URL", instead)


def _instead_of_text(text: str) -> str:
    """Say what to write for a URL with a method before it, with a $ and no braces, or without a scheme."""
    method, space, rest = text.partition(" ")
    if space and method.upper() in _METHODS:
        return f'Write method = "{method.upper()}", and the URL by itself: "{shortened(rest.strip())}"'
    if variable := _SHELL.compiled.match(text):
        return f"Write {{${variable[1].lower()}}}{shortened(text[variable.end() :])}"
    if text.startswith("/"):
        return 'Write https://host/path; or add upstream = "name", one of [upstreams], for a path of its API'
    if _BARE_HOST.compiled.match(text):
        scheme = "http" if text.startswith(("localhost", "127.")) else "https"
        return f'Write "{scheme}://{shortened(text)}"'
    return ""


def _is_address(host: str) -> bool:
    try:
        return ip_address(host).version == 6 and "%" not in host
    except ValueError:
        return False


def _segment_of(text: str) -> Template:
    """Read a segment of a path.

    Raises:
        Mistake: it is a dot segment, or has a reference that may be left out.
    """
    segment = Template.parse(text)
    for reference in segment.optional:
        message = "nothing can be left out of a path"
        raise Mistake("bad-reference", message, "Remove the question mark", str(reference))
    literal = "".join(piece if isinstance(piece, str) else "x" for piece in segment.pieces)
    if literal.lower().replace("%2e", ".") in (".", ".."):
        raise Mistake("bad-url", "the path has a . or .. segment", "Write the path that it comes to", literal)
    return segment
