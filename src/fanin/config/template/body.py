"""A JSON body with references in its texts."""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from fanin.config.record import record
from fanin.config.template.reference import Reference, RefusedValue, Values
from fanin.config.template.text import Template
from fanin.config.values import Json

MAX_BODY = 10_000_000
"""Bytes of a request's body with its values put in."""

type _Tree = bool | int | float | Template | list["_Tree"] | dict[str, "_Tree"] | None


@record
class BodyTemplate:
    """A JSON body whose texts may hold references; a text that is exactly one reference becomes the value itself."""

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
        return (reference for text in self.texts for reference in text.references)

    @property
    def texts(self) -> Iterator[Template]:
        """Its texts, in their order."""

        def walk(node: _Tree) -> Iterator[Template]:
            match node:
                case Template():
                    yield node
                case list():
                    for item in node:
                        yield from walk(item)
                case dict():
                    for item in node.values():
                        yield from walk(item)

        return walk(self.tree)

    def has_place(self, names: Sequence[str]) -> bool:
        """Tell whether there can be a member by these names, one within the other: what is around it is an object."""
        node = self.tree
        for name in names:
            if isinstance(node, Template) and len(node.pieces) == 1 and not isinstance(node.pieces[0], str):
                return True  # what it stands for may be one
            if not isinstance(node, dict):
                return False
            if name not in node:
                return True
            node = node[name]
        return True

    def expand(self, values: Values) -> Json:
        """Put the values in. A text with a reference that may be left out, and stands for null, is left out.

        Raises:
            RefusedValue: a list or an object stands in a longer text.
        """
        expanded = _expanded(self.tree, values)
        return None if isinstance(expanded, _Absent) else expanded

    def encoded(self, values: Values) -> bytes:
        """Put the values in, and write it as JSON.

        Raises:
            RefusedValue: as `expand`; what it comes to is over `MAX_BODY` bytes, has too many levels, or texts that are
                no Unicode.
        """
        try:
            body = orjson.dumps(self.expand(values))
        except orjson.JSONEncodeError as error:
            raise RefusedValue(next(self.references), "makes a body that JSON cannot write") from error
        return within_limit("body", body, self.references, values)


def within_limit(what: str, body: bytes, references: Iterable[Reference], values: Values) -> bytes:
    """Give what is sent back.

    Args:
        what: what it is called.
        body: it, with the values put in.
        references: what they stand for.
        values: the values.

    Raises:
        RefusedValue: it has over `MAX_BODY` bytes; the longest value is named.
    """
    if len(body) > MAX_BODY:
        longest = max(references, key=lambda reference: len(str(values[reference])))
        raise RefusedValue(longest, f"makes the {what} longer than {MAX_BODY} bytes")
    return body


class _Absent:
    """In the place of what is left out."""


_ABSENT = _Absent()


def _expanded(node: _Tree, values: Values) -> Json | _Absent:
    match node:
        case Template() if node.optional and node.is_absent(values):
            return _ABSENT
        case Template(pieces=(piece,)) if not isinstance(piece, str) and not piece.escape:
            return values[piece]
        case Template():
            return node.expand(values, _as_it_is)
        case list():
            return [item for below in node if not isinstance(item := _expanded(below, values), _Absent)]
        case dict():
            return {
                key: item for key, below in node.items() if not isinstance(item := _expanded(below, values), _Absent)
            }
    return node


def _as_it_is(_: Reference, text: str) -> str:
    return text
