"""Texts with references: `{city}` a request parameter, `{geo.lat}` a field of another source's value.

Variables (`{$open_meteo}`) are put in when the file is loaded, before a text is read for its references; only they
may stand for a scheme, a host or a port. A literal brace is written twice.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from fanin.config.mistake import Mistake
from fanin.outcome import Json

_PIECE = re.compile(r"(?P<brace>\{\{|\}\})|\{(?P<reference>[^{}]*)\}|(?P<stray>[{}])")
_PARAMETER = re.compile(r"[a-z][a-z0-9_]*")
_FIELD = re.compile(r"([a-z][a-z0-9_]*)\.([A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*)")
_VARIABLE = re.compile(r"\{\{|\}\}|\{\$([^{}]*)\}")
_URL = re.compile(r"[A-Za-z0-9\-._~:/?\[\]!$&'()*+,;=%]+")
_URL_FIX = "Write https://host/path, or {$name}/path with a variable; other characters percent-encoded"
MAX_URL = 16_384
"""Characters of a URL with its values put in."""
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_DOT_SEGMENTS = ("", ".", "..")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A reference to a parameter of the request."""

    name: str

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return f"{{{self.name}}}"


@dataclass(frozen=True, slots=True)
class Field:
    """A reference to a field of another source's value; a number in `path` is an index."""

    source: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        """Give the reference as it is written."""
        return f"{{{self.source}.{'.'.join(self.path)}}}"


type Reference = Parameter | Field
type Scalar = str | int | float | bool
type Values = Mapping[Reference, Scalar]


class Refused(ValueError):
    """A value may not stand where a reference puts it."""

    def __init__(self, reference: Reference, reason: str) -> None:
        super().__init__(f"{reference} {reason}")
        self.reference = reference


def put_variables(text: str, variables: Mapping[str, str]) -> str:
    """Replace each `{$name}` by the variable's value.

    Raises:
        Mistake: a variable is not defined.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        if found[1] not in variables:
            known = ", ".join(sorted(variables)) or "none are defined"
            fix = f"Define it in [variables], or use one of: {known}"
            raise Mistake("unknown-variable", f"unknown variable {{${found[1]}}}", fix)
        return variables[found[1]]

    return _VARIABLE.sub(value, text)


def written(value: Scalar) -> str:
    """Write a value as JSON and URLs do: `true`, `38.72`, text as it is."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut into literals and references."""

    pieces: tuple[str | Reference, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Cut a text, its variables already put in, at its references.

        Raises:
            Mistake: a brace without its partner, or what stands between braces is no reference.
        """
        pieces: list[str | Reference] = []
        literal, end = "", 0
        for found in _PIECE.finditer(text):
            literal, end = literal + text[end : found.start()], found.end()
            if found["stray"]:
                raise Mistake(
                    "bad-reference", f"a {found['stray']} without its partner", "Write it twice for a literal one"
                )
            if found["brace"]:
                literal += found["brace"][0]
                continue
            pieces += [literal, _reference(found["reference"])] if literal else [_reference(found["reference"])]
            literal = ""
        literal += text[end:]
        return cls((*pieces, literal) if literal else tuple(pieces))

    @property
    def references(self) -> Iterator[Reference]:
        """The references, in the order of the text."""
        return (piece for piece in self.pieces if not isinstance(piece, str))

    def expand(self, values: Values, encode: Callable[[Reference, str], str]) -> str:
        """Put the values in, each encoded for its place.

        Raises:
            Refused: from `encode`.
        """
        return "".join(
            piece if isinstance(piece, str) else encode(piece, written(values[piece])) for piece in self.pieces
        )


def _reference(text: str) -> Reference:
    if _PARAMETER.fullmatch(text):
        return Parameter(text)
    if found := _FIELD.fullmatch(text):
        return Field(found[1], tuple(found[2].split(".")))
    fix = "Write {city} for a parameter, {geo.lat} for a field of a source's value, {$name} for a variable"
    raise Mistake("bad-reference", f"{{{text}}} is no reference", f"{fix}; {{{{ for a literal brace")


def _is_address(host: str) -> bool:
    try:
        return ip_address(host).version == 6 and "%" not in host
    except ValueError:
        return False


def _percent_encoded(reference: Reference, text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise Refused(reference, "has characters that are not Unicode text") from error


def _header_text(reference: Reference, text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise Refused(reference, "has characters that a header may not have")
    return text


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
        whole = _PIECE.sub(lambda found: "x" * len(found[0]), text)
        scheme_and_host = re.match(r"[^/]*//[^/?#]*", text)
        if scheme_and_host and "{" in scheme_and_host[0]:
            raise Mistake("bad-url", "a reference stands for the scheme, host or port", "Only a {$variable} may")
        if not _URL.fullmatch(whole):
            fix = f"{_URL_FIX}; no user info, no #"
            raise Mistake("bad-url", "it has a character that a source's URL may not have", fix)
        try:
            parts = urlsplit(whole)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise Mistake("bad-url", f"not a URL: {error}", _URL_FIX) from error
        if parts.scheme not in ("http", "https") or not host:
            raise Mistake("bad-url", "not an absolute http or https URL", _URL_FIX)
        if not _HOST.fullmatch(host) and not _is_address(host):
            raise Mistake("bad-url", f"{host!r} is no host's name", _URL_FIX)
        origin = text[: len(parts.scheme) + 3 + len(parts.netloc)]
        path, mark, query = text[len(origin) :].partition("?")
        segments = tuple(Template.parse(segment) for segment in path.split("/")[1:])
        for segment in segments:
            literal = "".join(piece if isinstance(piece, str) else "x" for piece in segment.pieces)
            if literal.lower().replace("%2e", ".") in (".", ".."):
                raise Mistake("bad-url", "the path has a . or .. segment", "Write the path that it comes to")
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
            Refused: a path segment comes out empty or as a dot segment, which would name another resource; or the
                URL is too long.
        """
        path = "".join(f"/{self._segment(segment, values)}" for segment in self.segments) or "/"
        url = self.origin + path + (f"?{self.query.expand(values, _percent_encoded)}" if self.query else "")
        if len(url) > MAX_URL:
            longest = max(self.references, key=lambda reference: len(written(values[reference])))
            raise Refused(longest, f"makes the URL longer than {MAX_URL} characters")
        return url

    def check_parameters(self, values: Values) -> None:
        """Refuse parameters' values that could not be put into the path, before any call is made.

        Args:
            values: the parameters' values; segments that refer to anything else are passed over.

        Raises:
            Refused: as in `expand`.
        """
        for segment in self.segments:
            if all(reference in values for reference in segment.references):
                self._segment(segment, values)

    @staticmethod
    def _segment(segment: Template, values: Values) -> str:
        expanded = segment.expand(values, _percent_encoded)
        for reference in segment.references:
            if expanded.lower().replace("%2e", ".") in _DOT_SEGMENTS:
                raise Refused(reference, f'leaves the path segment "{expanded}", which would name another resource')
        return expanded


@dataclass(frozen=True, slots=True)
class HeaderTemplate:
    """A header's value with references."""

    template: Template

    @classmethod
    def parse(cls, text: str) -> "HeaderTemplate":
        """Read a value, its variables already put in.

        Raises:
            Mistake: it has a character that could end the header, or is not ASCII; or as `Template.parse`.
        """
        template = Template.parse(text)
        if not all(piece.isascii() and piece.isprintable() for piece in template.pieces if isinstance(piece, str)):
            raise Mistake("bad-header", "it has a character that a header may not have", "Write printable ASCII")
        return cls(template)

    def expand(self, values: Values) -> str:
        """Put the values in.

        Raises:
            Refused: a value has a character that could end the header, or is not ASCII.
        """
        return self.template.expand(values, _header_text)

    def check_parameters(self, values: Values) -> None:
        """Refuse parameters' values that could not be put in, before any call is made.

        Args:
            values: the parameters' values.

        Raises:
            Refused: as in `expand`.
        """
        for reference in self.template.references:
            if reference in values:
                _header_text(reference, written(values[reference]))


type _Tree = bool | int | float | Template | list["_Tree"] | dict[str, "_Tree"] | None


@dataclass(frozen=True, slots=True)
class BodyTemplate:
    """A JSON body whose texts may hold references; a text that is one reference alone becomes the value itself."""

    tree: _Tree

    @classmethod
    def parse(cls, body: Json) -> "BodyTemplate":
        """Cut every text of a body, its variables already put in, at its references.

        Raises:
            Mistake: as `Template.parse`.
        """

        def tree(node: Json) -> _Tree:
            match node:
                case str():
                    return Template.parse(node)
                case list():
                    return [tree(item) for item in node]
                case dict():
                    return {key: tree(item) for key, item in node.items()}
            return node

        return cls(tree(body))

    @property
    def references(self) -> Iterator[Reference]:
        """The references, in the order of the body."""

        def walk(node: _Tree) -> Iterator[Reference]:
            match node:
                case Template():
                    yield from node.references
                case list():
                    for item in node:
                        yield from walk(item)
                case dict():
                    for item in node.values():
                        yield from walk(item)

        return walk(self.tree)

    def expand(self, values: Values) -> Json:
        """Put the values in."""

        def json(node: _Tree) -> Json:
            match node:
                case Template(pieces=(Parameter() | Field() as only,)):
                    return values[only]
                case Template():
                    return node.expand(values, lambda _, text: text)
                case list():
                    return [json(item) for item in node]
                case dict():
                    return {key: json(item) for key, item in node.items()}
            return node

        return json(self.tree)
