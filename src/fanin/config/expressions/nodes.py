"""The tree that the library jmespath reads an expression into: nodes of a type, a value and children."""

from collections.abc import Mapping
from typing import Any

from fanin.config.values import Json

type Node = Mapping[str, Any]


def children(node: Node) -> list[Node]:
    """Give a node's children; those of a slice are numbers, and no nodes."""
    return [child for child in node["children"] if isinstance(child, dict)]


def projects(node: Node) -> bool:
    """Whether a node evaluates its second child for each item of its first."""
    return node["type"] in ("projection", "value_projection", "filter_projection")


def steps_of(node: Node) -> int:
    """Count the nodes of a tree."""
    return 1 + sum(map(steps_of, children(node)))


def is_false(value: Json) -> bool:
    """Whether a value counts as false: null, false, and what is empty; 0 counts as true."""
    return value is None or value is False or (not value and isinstance(value, str | list | dict))
