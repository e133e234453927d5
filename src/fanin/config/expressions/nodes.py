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


def made_keys(node: Node) -> list[str] | None:
    """Give the keys of the object that a tree makes; None if it makes none, or takes one as it is."""
    while node["type"] in ("subexpression", "pipe"):
        node = node["children"][-1]
    return [pair["value"] for pair in node["children"]] if node["type"] == "multi_select_dict" else None


def path_of(node: Node) -> tuple[str, ...]:
    """Give the names of a path, such as `geo.lat`; none of any other tree."""
    parts = [node] if node["type"] == "field" else children(node) if node["type"] == "subexpression" else []
    return tuple(part["value"] for part in parts) if all(part["type"] == "field" for part in parts) else ()
