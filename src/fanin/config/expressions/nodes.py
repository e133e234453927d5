"""The tree that the library jmespath reads an expression into: nodes of a type, a value and children."""

from collections.abc import Callable, Mapping
from typing import Any

from fanin.config.expressions.bounds import Budget

type Node = Mapping[str, Any]

type Evaluate = Callable[[Any, Budget], Any]
"""Evaluates a node on a value, within a budget."""


def children(node: Node) -> list[Node]:
    """Give a node's children; those of a slice are numbers, and no nodes."""
    return [child for child in node["children"] if isinstance(child, dict)]


def projects(node: Node) -> bool:
    """Whether a node evaluates its second child for each item of its first."""
    return node["type"] in ("projection", "value_projection", "filter_projection")
