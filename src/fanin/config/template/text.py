"""A text cut at its references, such as the value of a header, and variables put into it before."""

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from urllib.parse import quote

from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, listed, name_like, shortened
from fanin.config.record import record
from fanin.config.template.escapes import ESCAPES
from fanin.config.template.reference import MissingValue, Reference, RefusedValue, Scalar, Values, read_reference
from fanin.config.values import Json

PIECE = LatePattern(r"(?P<brace>\{\{|\}\})|\{(?P<reference>[^{}]*)\}|(?P<stray>[{}])")
"""A literal brace, a reference, or a brace without its partner."""
_NOT_IN_COOKIE = frozenset(' ",;\\')
_INDEX = LatePattern(r"\[['\"]?([0-9A-Za-z_-]+)['\"]?\]")
_EACH_OF = LatePattern(r"([a-z][a-z0-9_]*+)\[\*?+\](?:\.([A-Za-z0-9_.-]++))?+")
"""All items of a source's value, as expressions have them."""
_LATE_MARK = LatePattern(r"([^:?]++):([a-z]++)\?")
_LONGEST_MEANT = 200
"""Characters of what is no reference that are read for what it may mean."""
_VARIABLE = LatePattern(r"\{\{|\}\}|\{\$([^{}]*)\}")


def masked(text: str) -> str:
    """Give a text of the same length in which no character of a reference, or of a doubled brace, is a separator."""
    return PIECE.compiled.sub(lambda found: "x" * len(found[0]), text)


def with_encoded_braces(text: str) -> str:
    """Percent-encode the literal braces of a URL, which has none as they are (RFC 3986)."""
    return PIECE.compiled.sub(lambda found: quote(found["brace"][0]) if found["brace"] else found[0], text)


def braced(text: str) -> str:
    """Write a text as it stands where references may stand: literal braces twice."""
    return text.replace("{", "{{").replace("}", "}}")


def cut(text: str, separator: str) -> list[str]:
    """Cut a text at each separator, a character, that stands in no reference."""
    parts, start = [], 0
    for part in masked(text).split(separator):
        parts.append(text[start : start + len(part)])
        start += len(part) + 1
    return parts


def put_variables(text: str, variables: Mapping[str, str], used: set[str] | None = None) -> str:
    """Replace each `{$name}` by the variable's value.

    Args:
        text: the text.
        variables: values by name.
        used: takes the names that the text refers to.

    Raises:
        Mistake: a variable is not defined.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        if found[1] not in variables:
            from fanin.config.likely_secrets import names_secret  # noqa: PLC0415 - for files with a mistake

            known = listed(variables) or "none are defined"
            fix = f"Define it in [variables], or use one of: {known}"
            if "." in found[1]:
                fix = f"Write {{{shortened(found[1].lstrip('.'))}}} for a field of a source's value, without $"
            elif names_secret(found[1]):
                fix = f"Write {{!{shortened(found[1].lower())}}} for a secret, or define it in [variables]"
            if (bare := found[1].rstrip("?").partition(":")[0].rstrip("?")) in variables:
                fix = f"Write {{${bare}}}: a variable is put in as it is, and has neither ? nor an escape"
            raise Mistake("unknown-variable", f"unknown variable {{${shortened(found[1])}}}", fix, found[0])
        if used is not None:
            used.add(found[1])
        return variables[found[1]]

    return _VARIABLE.compiled.sub(value, text)


def written(value: Scalar) -> str:
    """Write a value as JSON and URLs do: `true`, `38.72`, text as it is."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def matched(value: Json) -> str | None:
    """Write what items and rows are matched by, so that 7 and "7" are equal; None for what nothing is equal to."""
    return None if value is None or isinstance(value, list | dict) else written(value)


def text_of(reference: Reference, value: Json) -> str:
    """Write what a reference stands for as a text, with its escape.

    Raises:
        MissingValue: it is null.
        RefusedValue: it is a list or an object, or has a character that the escape does not take.
    """
    if isinstance(value, str) and not reference.escape:
        return value
    if isinstance(value, list | dict):
        what = "a list" if isinstance(value, list) else "an object"
        raise RefusedValue(reference, f"is {what}: a text, a number or a boolean is needed there")
    if value is None:
        raise MissingValue(reference)
    if not reference.escape:
        return written(value)
    try:
        return ESCAPES[reference.escape](written(value))
    except ValueError as error:
        raise RefusedValue(reference, str(error)) from error


@record
class Template:
    """A text cut into literals and references.

    Args:
        pieces: the literals and references.
        references: the references, in the order of the text; found once, since every request looks at them.
        optional: those of them whose null leaves out what the text stands in.
        literal: the text itself, if it has no references.
    """

    pieces: tuple[str | Reference, ...]
    references: tuple[Reference, ...] = field(init=False, compare=False, repr=False)
    optional: tuple[Reference, ...] = field(init=False, compare=False, repr=False)
    literal: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Find the references, or the text."""
        references = tuple(piece for piece in self.pieces if not isinstance(piece, str))
        literal = "".join(piece for piece in self.pieces if isinstance(piece, str))
        object.__setattr__(self, "references", references)
        object.__setattr__(self, "optional", tuple(reference for reference in references if reference.optional))
        object.__setattr__(self, "literal", literal)

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Cut a text, its variables already put in, at its references.

        Raises:
            Mistake: a brace without its partner, or what stands between braces is no reference.
        """
        pieces: list[str | Reference] = []
        literal: list[str] = []
        end = 0
        for found in PIECE.compiled.finditer(text):
            literal.append(text[end : found.start()])
            end = found.end()
            if found["stray"]:
                part = text[found.start() :] if found["stray"] == "{" else found["stray"]
                fix = "Write it twice for a literal one"
                raise Mistake("bad-reference", f"a {found['stray']} without its partner", fix, part)
            if found["brace"]:
                literal.append(found["brace"][0])
                continue
            pieces += (*_joined(literal), _reference(found["reference"], literal[-1][-1:]))
            literal = []
        literal.append(text[end:])
        return cls((*pieces, *_joined(literal)))

    def expand(self, values: Values, encode: Callable[[Reference, str], str]) -> str:
        """Put the values in, each encoded for its place.

        Raises:
            RefusedValue: from `encode`, or as `text_of`.
        """
        if not self.references:
            return self.literal
        return "".join(
            [piece if isinstance(piece, str) else encode(piece, text_of(piece, values[piece])) for piece in self.pieces]
        )

    def is_absent(self, values: Values) -> bool:
        """Tell whether the text is left out, for a reference with a question mark that stands for nothing."""
        return any(values[reference] is None for reference in self.optional)


def _reference(text: str, before: str) -> Reference:
    """Read a reference; of what is none, say where it stands, and which one is meant."""
    try:
        return read_reference(text)
    except Mistake as mistake:
        fix = f"Write {{{meant}}}" if (meant := _meant(text)) else mistake.fix
        if before == "$" and meant:
            meant = meant.removeprefix("!")
            fix = (
                f"Write {{!{meant}}} for a secret, {{${meant}}} for one of [variables], or {{{meant}}} for a parameter"
            )
        if (items := _EACH_OF.compiled.match(text[:_LONGEST_MEANT])) and not meant:
            path = "" if items[2] is None else f".{items[2]}"
            fix = f'Write {{each{path}}}, and for_each = "{items[1]}" for a call for each item'
            fix += f"; or {{{items[1]}.0{path}}} for the first"
        raise Mistake(mistake.rule, mistake.message, fix, f"{{{text}}}") from None


def _meant(text: str) -> str:
    """Give the reference that is written with spaces, an index in brackets or a capital name; "" if it is another."""
    bare = text[:_LONGEST_MEANT].strip()
    if bare.startswith("!"):
        bare = f"!{name_like(bare[1:])}"
    if late := _LATE_MARK.compiled.fullmatch(bare):
        bare = f"{late[1]}?:{late[2]}"
    name, dot, path = _INDEX.compiled.sub(r".\1", bare).partition(".")
    meant = f"{name.lower()}{dot}{path}"
    try:
        read_reference(meant)
    except Mistake:
        return ""
    return meant if len(text) < _LONGEST_MEANT else ""


def _joined(literal: list[str]) -> tuple[str, ...]:
    """Give a literal as one piece; no piece where it is empty."""
    return (text,) if (text := "".join(literal)) else ()


@record
class HeaderTemplate:
    """A header's value with references.

    Args:
        template: the value.
        checked: gives a value back that may stand in it, or raises RefusedValue.
    """

    template: Template
    checked: Callable[[Reference, str], str] = field(default_factory=lambda: header_text, repr=False)

    @classmethod
    def parse(cls, text: str) -> "HeaderTemplate":
        """Read a value, its variables already put in.

        Raises:
            Mistake: it has a character that could end the header, or is not ASCII; or as `Template.parse`.
        """
        return cls(checked_for_header(Template.parse(text)))

    def expand(self, values: Values) -> str:
        """Put the values in.

        Raises:
            RefusedValue: a value has a character that could end the header, or is not ASCII.
        """
        return self.template.expand(values, self.checked)

    def in_cookie(self) -> "HeaderTemplate":
        """Give the value of a Cookie header, where no value may end its pair; one that is the whole header may."""
        pieces = self.template.pieces
        return self if len(pieces) == 1 else HeaderTemplate(self.template, cookie_text)

    def check_parameters(self, values: Values) -> None:
        """Refuse parameters' values that could not be put in, before any call is made.

        Args:
            values: the parameters' values.

        Raises:
            RefusedValue: as in `expand`.
        """
        for reference in self.template.references:
            if values.get(reference) is not None:
                self.checked(reference, text_of(reference, values[reference]))


def checked_for_header(template: Template) -> Template:
    """Give a template back whose literals may stand in a header.

    Raises:
        Mistake: one has a character that could end the header, or is not ASCII.
    """
    if not all(piece.isascii() and piece.isprintable() for piece in template.pieces if isinstance(piece, str)):
        raise Mistake("bad-header", "it has a character that a header may not have", "Write printable ASCII")
    return template


def header_text(reference: Reference, text: str) -> str:
    """Give a value back that may stand in a header.

    Raises:
        RefusedValue: it may not.
    """
    if not text.isascii() or not text.isprintable():
        raise RefusedValue(reference, "has characters that a header may not have")
    return text


def cookie_text(reference: Reference, text: str) -> str:
    """Give a value back that may stand in a cookie among others (RFC 6265, section 4.1.1, cookie-octet).

    Raises:
        RefusedValue: it may not.
    """
    if any(character in _NOT_IN_COOKIE for character in header_text(reference, text)):
        raise RefusedValue(reference, "has characters that a cookie may not have")
    return text


def percent_encoded(reference: Reference, text: str) -> str:
    """Encode a value for a path's segment or a query.

    Raises:
        RefusedValue: it is no Unicode text.
    """
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise RefusedValue(reference, "has characters that are not Unicode text") from error
