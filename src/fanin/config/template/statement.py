"""A statement of SQL with references, each of which becomes a parameter that is bound: never a part of the text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import orjson

from fanin.config.mistake import Mistake, shortened
from fanin.config.template.body import within_limit
from fanin.config.template.reference import (
    ParameterReference,
    Reference,
    RefusedValue,
    SecretReference,
    Values,
)
from fanin.config.template.statement_words import CHANGES, OF_CONNECTIONS
from fanin.config.template.text import Template
from fanin.config.values import Json

MAX_STATEMENT = 20_000
"""Characters of a statement."""
MAX_REFERENCES = 500
"""Different references of a statement; a server takes 65,535 parameters, and SQLite 32,766."""

_VARIABLE = re.compile(r"\{\$[^{}]*\}")
_OPENS = re.compile(
    r"(?P<escapes>(?<![\w$\x80-\U0010ffff])[eE]')|['\"]|--|/\*"
    r"|(?<![\w$\x80-\U0010ffff])\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]{0,62}+)?\$"
)
"""What begins a text, a quoted name or a comment."""
_PLACEHOLDER = re.compile(r"\$[0-9]")
_SQLITE_PLACEHOLDER = re.compile(r"\?|(?<![:\w]):\w|[@$]\w")
_OTHER_PLACEHOLDER = re.compile(r"(?<![^\s(=,])(?:%(?:s\b|\([A-Za-z_]\w*+\)s)|:[A-Za-z_]\w*+)")
"""What clients of other languages bind by: %s, %(name)s, :name."""
_NAMES = re.compile(
    r"\b(?:join|into|update|table|(?:order|group)\s++by)\s*+\Z|(?<!distinct )\bfrom\s*+\Z", re.IGNORECASE
)
"""What stands before the name of a table or a column."""
_IN = re.compile(r"\bin\s*+\Z", re.IGNORECASE)
_TAKES_FROM = re.compile(r"\b(?:extract|substring|trim|overlay)\s*+\([^()]*+\Z", re.IGNORECASE)
"""A call of a function in which `from` stands before a value."""
_NEAR = 200
"""Characters before a reference that say what it stands for."""
_WORD = re.compile(r"[\w$\x80-\U0010ffff]")
"""What names have, for PostgreSQL every character beyond ASCII."""
_AS_JSON = re.compile(r"\s*+(?:::\s*+|as\s++)jsonb?(?![\w\[])", re.IGNORECASE)
"""A cast to json or jsonb, and not to an array of them."""
_FIRST_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class _Bound:
    """A reference in a statement.

    Args:
        reference: the reference.
        as_json: whether its value is bound as a JSON text: a cast to json or jsonb stands behind it.
    """

    reference: Reference
    as_json: bool = False


class _Part(NamedTuple):
    """A part of a statement: its text, whether it is within quotes or a comment, and the reference that it is."""

    text: str
    quoted: bool
    bound: _Bound | None = None


@dataclass(frozen=True)
class Statement:
    """A statement cut at its references.

    Args:
        pieces: the text, and what is bound between.
    """

    pieces: tuple[str | _Bound, ...]
    references: tuple[Reference, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Find the references."""
        found = tuple(piece.reference for piece in self.pieces if isinstance(piece, _Bound))
        object.__setattr__(self, "references", found)

    @classmethod
    def parse(cls, text: str) -> "Statement":
        """Read a statement.

        Raises:
            Mistake: it has a variable or a secret, a reference within quotes, in a comment or in a word, another
                placeholder, or a second statement behind it; a quote stays open; or as `Template.parse`.
        """
        if len(text) > MAX_STATEMENT:
            fix = "Write a view or a function in the database"
            raise Mistake("bad-sql", f"a statement of over {MAX_STATEMENT} characters", fix)
        if found := _VARIABLE.search(text):
            fix = "Write its value, or refer to a parameter: {name}"
            raise Mistake("bad-sql", f"{shortened(found[0])} would be a part of the statement", fix, found[0])
        read = Template.parse(text).pieces
        pieces = [
            piece if isinstance(piece, str) else _bound(piece, read[at + 1 :][:1]) for at, piece in enumerate(read)
        ]
        _check_neighbours(pieces)
        _check_places(pieces)
        statement = cls(tuple(pieces))
        if len(statement._numbers) > MAX_REFERENCES:
            raise Mistake("bad-sql", f"over {MAX_REFERENCES} references", "Refer to a list, or to fewer values")
        if not statement.first_word:
            raise Mistake("bad-sql", "there is no statement in it", 'Write sql = "select …"')
        if (word := statement.first_word) in OF_CONNECTIONS:
            fix = "Write a statement about rows; set what the connection has at the user, in the database"
            raise Mistake("bad-sql", f"{word} is about the connection, which other statements share", fix)
        return statement

    @cached_property
    def first_word(self) -> str:
        """The first word behind comments and parentheses, in lower case."""
        first = self.pieces[0] if self.pieces and isinstance(self.pieces[0], str) else ""
        bare = "".join(part.text for part in _parts([first]) if not part.quoted)
        found = _FIRST_WORD.match(bare.lstrip(" \t\r\n("))
        return found[0].lower() if found else ""

    @property
    def changes(self) -> bool:
        """Whether its first word says that it changes something."""
        return self.first_word in CHANGES

    @cached_property
    def _numbers(self) -> dict[_Bound, int]:
        """The number of each parameter, from 1; the same reference has one."""
        bound = dict.fromkeys(piece for piece in self.pieces if isinstance(piece, _Bound))
        return {each: number for number, each in enumerate(bound, 1)}

    def reference(self, number: int) -> Reference | None:
        """Give the reference that a parameter stands for, by its number; None if there is no such parameter."""
        return next((bound.reference for bound, known in self._numbers.items() if known == number), None)

    def written(self, mark: str) -> str:
        """Write the statement with a placeholder for each reference.

        Args:
            mark: what stands before the parameter's number: `$` for PostgreSQL, `?` for SQLite.
        """
        return "".join(
            piece if isinstance(piece, str) else f"{mark}{self._numbers[piece]}" for piece in self.pieces
        ).rstrip("; \t\r\n")

    def check_for_sqlite(self) -> None:
        """Refuse what only SQLite takes for a placeholder.

        Raises:
            Mistake: there is one.
        """
        for part in _parts(self.pieces):
            if not part.quoted and (found := _SQLITE_PLACEHOLDER.search(part.text)):
                raise _placeholder(found[0])

    def bound(self, values: Values) -> bytes:
        """Give the parameters, in their order, as a JSON list.

        Raises:
            RefusedValue: one has a character that no database takes, or all are over `MAX_BODY` bytes.
        """
        try:
            bound = [
                orjson.dumps(value).decode() if each.as_json and value is not None else value
                for each in self._numbers
                for value in (values[each.reference],)
            ]
            body = orjson.dumps(bound)
        except orjson.JSONEncodeError as error:
            raise RefusedValue(self.references[0], "is no JSON that a database takes") from error
        body = within_limit("parameters", body, self.references, values)
        if b"\\u0000" in body:
            for reference in self.references:
                _check(reference, values[reference])
        return body

    def check_parameters(self, values: Values) -> None:
        """Refuse parameters' values that no database takes, before any call is made.

        Raises:
            RefusedValue: one has a NUL, or is no Unicode text.
        """
        for reference in self.references:
            if isinstance(reference, ParameterReference) and reference in values:
                _check(reference, values[reference])


def _check(reference: Reference, value: Json) -> None:
    match value:
        case str():
            if "\0" in value:
                raise RefusedValue(reference, "has the character NUL, which no database takes")
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise RefusedValue(reference, "has characters that are not Unicode text") from error
        case list():
            for item in value:
                _check(reference, item)
        case dict():
            for name, item in value.items():
                _check(reference, name)
                _check(reference, item)


def _bound(reference: Reference, behind: tuple[str | Reference, ...]) -> _Bound:
    """Read a reference, and the cast to JSON behind it."""
    if isinstance(reference, SecretReference):
        raise Mistake("bad-sql", f"{reference} stands in a statement, which logs may have", "Remove it", str(reference))
    if reference.escape:
        fix = "Remove the escape: a value is bound, and needs none"
        raise Mistake("bad-sql", f"{reference} is no part of the statement's text", fix, str(reference))
    text = behind[0] if behind and isinstance(behind[0], str) else ""
    return _Bound(reference, as_json=bool(_AS_JSON.match(text)))


def _parts(pieces: Sequence[str | _Bound]) -> Iterator[_Part]:
    """Cut a statement into parts that are wholly within quotes or a comment, or wholly outside.

    Raises:
        Mistake: a quote or a comment stays open, has another comment in it, or is PostgreSQL's with escapes.
    """
    closes = ""
    for piece in pieces:
        if not isinstance(piece, str):
            yield _Part("", bool(closes), piece)
            continue
        at = 0
        while at < len(piece):
            if closes:
                end = piece.find(closes, at)
                inside = piece[at:] if end < 0 else piece[at : end + len(closes)]
                yield _Part(inside, quoted=True)
                if closes == "*/" and "/*" in inside:
                    message = "a comment within a comment, whose end databases see in different places"
                    raise Mistake("bad-sql", message, "End the first before the second, or write --", "/*")
                closes = closes if end < 0 else ""
                at += len(inside)
            elif found := _OPENS.search(piece, at):
                yield _Part(piece[at : found.start()], quoted=False)
                yield _Part(found[0], quoted=True)
                if found["escapes"]:
                    raise Mistake("bad-sql", "a quote with escapes", "Write '' for a quote in a text", found[0])
                closes = {"--": "\n", "/*": "*/"}.get(found[0], found[0])
                at = found.end()
            else:
                yield _Part(piece[at:], quoted=False)
                break
    if closes.strip():
        raise Mistake("bad-sql", f"{closes} is missing at the end", "End the quote, or the comment")


def _check_places(pieces: Sequence[str | _Bound]) -> None:
    """Hold a statement to one statement, with references in places of values, and no other placeholders.

    Raises:
        Mistake: as `Statement.parse`.
    """
    ended = False
    for text, quoted, bound in _parts(pieces):
        if bound is not None and quoted:
            fix = "Remove the quotes around it: a value is bound as it is; for a pattern write '%' || {name} || '%'"
            message = f"{bound.reference} stands within quotes or a comment"
            raise Mistake("bad-sql", message, fix, str(bound.reference))
        if quoted:
            continue
        if ended and (bound is not None or text.strip()):
            raise Mistake("bad-sql", "there is a second statement", "Write one statement for each source", ";")
        if found := _PLACEHOLDER.search(text) or _OTHER_PLACEHOLDER.search(text):
            raise _placeholder(found[0])
        _, semicolon, behind = text.partition(";")
        if semicolon and behind.strip():
            raise Mistake("bad-sql", "there is a second statement", "Write one statement for each source", ";")
        ended = ended or bool(semicolon)


def _check_neighbours(pieces: Sequence[str | _Bound]) -> None:
    for at, piece in enumerate(pieces):
        if isinstance(piece, str):
            continue
        before, behind = pieces[at - 1] if at else " ", pieces[at + 1] if at + 1 < len(pieces) else " "
        touches = not isinstance(before, str) or not isinstance(behind, str)
        if touches or _WORD.match(str(before)[-1]) or _WORD.match(str(behind)[0]):
            message = f"{piece.reference} stands in a word, and can be a whole value only"
            fix = "Put blanks around it; names of tables and columns cannot come from a request"
            raise Mistake("bad-sql", message, fix, str(piece.reference))
        near = str(before)[-_NEAR:]
        if _IN.search(near):
            fix = f"Write = any({piece.reference}) for a list, or in ({piece.reference}) for one value"
            raise Mistake(
                "bad-sql", f"{piece.reference} stands behind in without parentheses", fix, str(piece.reference)
            )
        if _NAMES.search(near) and not _TAKES_FROM.search(near):
            message = f"{piece.reference} stands where a table or a column is named, and only values can be bound"
            fix = "Write the name itself, with a source for each that there may be"
            raise Mistake("bad-sql", message, fix, str(piece.reference))


def _placeholder(text: str) -> Mistake:
    fix = "Write a reference, such as {id}: fanin writes the placeholders"
    return Mistake("bad-sql", f"{text} is a placeholder", fix, text)
