"""How often a part of the data can stand in an expression's value, told from the expression."""

from itertools import pairwise
from typing import NamedTuple

from fanin.config.expressions.functions import BY_KEY, GIVE_SCALARS
from fanin.config.expressions.nodes import Node, children, projects

_MANY = 1_000_000
"""More are not told apart."""


class Copies(NamedTuple):
    """How often at most a part stands in a value.

    Args:
        data: of the data.
        literal: of a literal of the expression.
    """

    data: int
    literal: int


def copies(node: Node) -> Copies:
    """Count how often a part of the data, or a literal, can stand in the value of a tree.

    Values hold each other by reference, so a small value in memory may be written as a large one: `[@, @]` doubles,
    and steps of it double again.
    """
    found = [copies(child) for child in children(node)]
    match node["type"]:
        case "literal":
            return Copies(0, 1)
        case "comparator" | "not_expression":
            return Copies(0, 1)
        case "or_expression" | "and_expression":
            return Copies(max(each.data for each in found), max(each.literal for each in found))
        case "multi_select_list" | "multi_select_dict":
            return _side_by_side(children(node), found)
        case "function_expression":
            return _of_function(node, found)
    if projects(node):
        found = found[:2]
    return _in_turn(found)


def _in_turn(found: list[Copies]) -> Copies:
    """Count where each works on what the one before gave."""
    data, literal = 1, 0
    for each in found:
        data, literal = min(_MANY, data * each.data), min(_MANY, max(literal * each.data, each.literal))
    return Copies(data, literal)


def _side_by_side(nodes: list[Node], found: list[Copies]) -> Copies:
    """Count where all work on the same; those that read different fields give different parts."""
    paths = sorted(_path(node) for node, each in zip(nodes, found, strict=True) if each.data)
    apart = all(later[: len(path)] != path for path, later in pairwise(paths))
    data = [each.data for each in found]
    return Copies(max(data, default=0) if apart else sum(data), max((each.literal for each in found), default=1))


def _path(node: Node) -> tuple[str, ...]:
    """Name the fields that a tree goes down before it does anything else."""
    match node["type"]:
        case "field":
            return (node["value"],)
        case "subexpression":
            path: tuple[str, ...] = ()
            for child in node["children"]:
                path += _path(child)
                if child["type"] != "field":
                    break
            return path
        case "key_val_pair" | "flatten" | "index_expression" | "pipe":
            return _path(node["children"][0])
    return _path(node["children"][0]) if projects(node) else ()


def _of_function(node: Node, found: list[Copies]) -> Copies:
    name = node["value"]
    if name in GIVE_SCALARS:
        return Copies(0, 1)
    if name == "map":
        return _in_turn(found[::-1])
    if name in BY_KEY:
        return found[0]
    if name == "attach":  # a row stands in as many items as have its key
        return Copies(_MANY, max((each.literal for each in found), default=1) and _MANY)
    return Copies(sum(each.data for each in found), max((each.literal for each in found), default=1))
