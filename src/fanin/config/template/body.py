"""A JSON body with references in its texts."""

from collections.abc import Iterator
from dataclasses import dataclass

from fanin.config.template.reference import FieldReference, ParameterReference, Reference, SecretReference, Values
from fanin.config.template.text import Template
from fanin.config.values import Json

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
                case Template(pieces=(ParameterReference() | FieldReference() | SecretReference() as only,)):
                    return values[only]
                case Template():
                    return node.expand(values, lambda _, text: text)
                case list():
                    return [json(item) for item in node]
                case dict():
                    return {key: json(item) for key, item in node.items()}
            return node

        return json(self.tree)
