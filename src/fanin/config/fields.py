"""The fields that a source's value, or the items of its list, have as far as the file says."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fanin.config.expressions.nodes import Node, made_keys, projects
from fanin.config.source import Source
from fanin.config.values import Json

if TYPE_CHECKING:
    from fanin.config.expressions import Expression

_MOST_JOINS = 10


def fields_of(source: Source) -> frozenset[str] | None:
    """Give the fields of a source's value; None where only the answer says it."""
    if source.for_each is not None:  # its value is a list
        return None
    made = source.pick or source.computes
    named = _picked_fields(made.parsed) if made else _static_fields(source.static)
    return None if named is None else named - set(source.drop)


def gives_object(expression: "Expression | None") -> bool:
    """Whether an expression gives an object, whatever it is evaluated on, or null."""
    return expression is not None and expression.made_keys is not None


def item_fields_of(source: Source, sources: Mapping[str, Source], joins: int = _MOST_JOINS) -> frozenset[str] | None:
    """Give the fields of the items for which a source is asked; None where only values say it.

    Args:
        source: the source.
        sources: all of them.
        joins: how many lists with `join_as` are followed to the one that they begin with.
    """
    node = source.for_each.parsed if source.for_each else None
    while node and projects(node) and node["children"][1]["type"] == "identity":
        node = node["children"][0]
    while node and node["type"] == "flatten":
        node = node["children"][0]
    other = sources.get(node["value"]) if node and node["type"] == "field" and joins else None
    return _fields_of_items(other, sources, joins - 1) if other is not None and not other.drop else None


def _fields_of_items(source: Source, sources: Mapping[str, Source], joins: int) -> frozenset[str] | None:
    """Give the fields of the items of a value that is a list."""
    if source.for_each is not None and source.join_as is not None:
        below = item_fields_of(source, sources, joins)
        return None if below is None else below | {source.join_as}
    made = source.pick or source.computes
    if source.for_each is not None:
        return _picked_fields(made.parsed) if made and source.batch is None else None
    if isinstance(source.static, list):
        fields = [_static_fields(item) for item in source.static]
        return None if None in fields else frozenset().union(*(each for each in fields if each))
    node: Node | None = made.parsed if made else None
    while node and node["type"] == "pipe":
        node = node["children"][-1]
    return _picked_fields(node["children"][1]) if node and projects(node) else None


def _static_fields(value: Json) -> frozenset[str] | None:
    return frozenset(value) if isinstance(value, dict) else None


def _picked_fields(node: Node) -> frozenset[str] | None:
    keys = made_keys(node)
    return None if keys is None else frozenset(keys)
