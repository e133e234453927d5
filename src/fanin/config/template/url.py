"""A URL with references in its path and query."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from fanin.config.mistake import Mistake, quoted, shortened
from fanin.config.template.reference import Reference, RefusedValue, Values
from fanin.config.template.text import PIECE, Template, written

MAX_URL = 16_384
"""Characters of a URL with its values put in."""

_URL = re.compile(r"[A-Za-z0-9\-._~:/?\[\]!$&'()*+,;=%@]+")
_DOUBLED = re.compile(r"\{\{ *+([a-z][A-Za-z0-9_.-]*+) *+\}\}")
"""A reference with two braces, as other languages of templates write it."""
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URL_FIX = "Write https://host/path, or {$name}/path with a variable; other characters percent-encoded"
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_DOT_SEGMENTS = ("", ".", "..")


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """A URL whose path segments and query may hold references.

    Args:
        origin: scheme, host and port, without a reference.
        segments: the path, cut at its slashes, without the empty one before the first.
        query: what stands behind the question mark; None without one.
    """

    origin: str
    segments: tuple[Template, ...]
    query: Template | None

    @classmethod
    def parse(cls, text: str) -> "UrlTemplate":
        """Read a URL, its variables already put in.

        Raises:
            Mistake: not an http or https URL with a host, a reference before the path, a character that has no
                place in it, or a dot segment.
        """
        whole = PIECE.sub(lambda found: "x" * len(found[0]), text)
        scheme_and_host = re.match(r"[^/]*//[^/?#]*", text)
        if doubled := _DOUBLED.search(text):
            fix = f"Write {{{doubled[1]}}} for a reference, or %7B{doubled[1]}%7D for braces"
            raise Mistake("bad-url", "a brace that is written twice is a literal one", fix, doubled[0])
        if scheme_and_host and "{" in scheme_and_host[0]:
            part = scheme_and_host[0][scheme_and_host[0].index("{") :].partition("}")[0] + "}"
            raise Mistake("bad-url", "a reference stands for the scheme, host or port", "Only a {$variable} may", part)
        allowed = found.end() if (found := _URL.match(whole)) else 0
        if allowed < len(whole) or (scheme_and_host and "@" in scheme_and_host[0]):
            fix = f"{_URL_FIX}; no user info, no #"
            part = whole[allowed : allowed + 1] or "@"
            raise Mistake("bad-url", "it has a character that a source's URL may not have", fix, part)
        if lone := _LONE_PERCENT.search(whole):
            part = text[lone.start() : lone.start() + 3]
            raise Mistake("bad-url", "a % stands without two hexadecimal digits", "Write %25 for it", part)
        try:
            parts = urlsplit(whole)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise Mistake("bad-url", f"not a URL: {shortened(str(error))}", _URL_FIX) from error
        if parts.scheme not in ("http", "https") or not host:
            raise Mistake("bad-url", "not an absolute http or https URL", _URL_FIX)
        if not _HOST.fullmatch(host) and not _is_address(host):
            raise Mistake("bad-url", f"{quoted(host)} is no host's name", _URL_FIX, host)
        origin = text[: len(parts.scheme) + 3 + len(parts.netloc)]
        path, mark, query = text[len(origin) :].partition("?")
        segments = tuple(Template.parse(segment) for segment in path.split("/")[1:])
        for segment in segments:
            literal = "".join(piece if isinstance(piece, str) else "x" for piece in segment.pieces)
            if literal.lower().replace("%2e", ".") in (".", ".."):
                raise Mistake("bad-url", "the path has a . or .. segment", "Write the path that it comes to", literal)
        return cls(origin, segments, Template.parse(query) if mark else None)

    @property
    def references(self) -> Iterator[Reference]:
        """The references of the path, then of the query."""
        for segment in self.segments:
            yield from segment.references
        if self.query:
            yield from self.query.references

    def expand(self, values: Values) -> str:
        """Put the values in, percent-encoded.

        Raises:
            RefusedValue: a path segment comes out empty or as a dot segment, which would name another resource; or the
                URL is too long.
        """
        path = "".join([f"/{self._segment(segment, values)}" for segment in self.segments]) or "/"
        url = self.origin + path + (f"?{_filled(self.query, values)}" if self.query else "")
        if len(url) > MAX_URL:
            longest = max(self.references, key=lambda reference: len(written(values[reference])))
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
        if not segment.references:
            return "".join(segment.pieces)  # type: ignore[arg-type]
        expanded = _filled(segment, values)
        for reference in segment.references:
            if expanded.lower().replace("%2e", ".") in _DOT_SEGMENTS:
                raise RefusedValue(
                    reference, f'leaves the path segment "{expanded}", which would name another resource'
                )
        return expanded


def _is_address(host: str) -> bool:
    try:
        return ip_address(host).version == 6 and "%" not in host
    except ValueError:
        return False


def _filled(template: Template, values: Values) -> str:
    """Put the values in, percent-encoded; all are written first, and then encoded."""
    texts = {reference: written(values[reference]) for reference in template.references}
    return "".join([p if isinstance(p, str) else percent_encoded(p, texts[p]) for p in template.pieces])


def percent_encoded(reference: Reference, text: str) -> str:
    """Encode a value for a path's segment or a query.

    Raises:
        RefusedValue: it is no Unicode text.
    """
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise RefusedValue(reference, "has characters that are not Unicode text") from error
