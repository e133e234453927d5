"""What an expression reads from its document: identifiers, and the names behind some of them."""

from collections.abc import Iterator
from typing import NamedTuple

from fanin.config.expressions.nodes import Node, children, projects


class Mention(NamedTuple):
    """An identifier that is read from the document itself.

    Args:
        name: the identifier.
        member: the name behind it, as in `errors.geo`; empty where something else follows.
    """

    name: str
    member: str = ""


WHOLE = Mention("")
"""The document as a whole."""


def mentions_of(node: Node) -> Iterator[Mention]:
    """Find what a tree reads from its document.

    That is what stands at the start of the expression, of an operand, of a function's argument, of a member of a list
    or of an object. What stands right of `.` or `|`, inside `[?…]`, right of a projection or behind `&` is read from
    something else.
    """
    match node["type"]:
        case "field":
            yield Mention(node["value"])
        case "current" | "identity":
            yield WHOLE
        case "subexpression":
            yield from _behind(node["children"][0], node["children"][1])
        case "index_expression" | "pipe" | "flatten":
            yield from mentions_of(node["children"][0])
        case "expref" | "literal":
            return
        case _ if projects(node):
            yield from mentions_of(node["children"][0])
        case _:
            for child in children(node):
                yield from mentions_of(child)


def _behind(first: Node, second: Node) -> Iterator[Mention]:
    """Find what the start of a path reads, with the name that follows."""
    if first["type"] == "field":
        yield Mention(first["value"], _first_name(second))
    else:
        yield from mentions_of(first)


def _first_name(node: Node) -> str:
    """Give the name that a path begins with, as `geo` of `geo[0]`; empty if it begins with something else."""
    if node["type"] == "index_expression":
        return _first_name(node["children"][0])
    return str(node["value"]) if node["type"] == "field" else ""
