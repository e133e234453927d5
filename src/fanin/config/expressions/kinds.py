"""What an expression can come to, as far as it shows without data: which of JSON's kinds of value."""

from collections.abc import Callable

from fanin.config.expressions.expression import Expression
from fanin.config.expressions.nodes import Node, children
from fanin.config.mistake import Mistake

type Kinds = frozenset[str]

ANY: Kinds = frozenset(("array", "boolean", "null", "number", "object", "text"))
"""All kinds of value."""
_OF_PYTHON = {dict: "object", list: "array", str: "text", bool: "boolean", int: "number", float: "number"}
_OF_FUNCTIONS: dict[str, Kinds] = {
    name: frozenset((kind,))
    for kind, names in {
        "array": "attach items keys map sort sort_by split to_array values zip",
        "boolean": "contains ends_with starts_with",
        "number": "abs ceil divide floor length product round subtract sum",
        "object": "from_items group_by merge",
        "text": "join lower replace to_string trim type upper",
    }.items()
    for name in names.split()
} | {"avg": frozenset(("number", "null")), "to_number": frozenset(("number", "null"))}
"""What each function gives; those that give a part of their arguments are left out."""

_OF_NODES: dict[str, Kinds] = {
    "comparator": frozenset(("boolean", "null")),
    "not_expression": frozenset(("boolean",)),
    "multi_select_dict": frozenset(("object", "null")),
    "multi_select_list": frozenset(("array", "null")),
    **dict.fromkeys(("flatten", "projection", "value_projection", "filter_projection"), frozenset(("array", "null"))),
}
"""What each type of node gives, if it says so by itself."""


def kinds_of(node: Node) -> Kinds:
    """Give the kinds of value that an expression's tree can come to; data may rule out some of them."""
    kind, parts = node["type"], children(node)
    if kind == "literal":
        return frozenset((_OF_PYTHON.get(type(node["value"]), "null"),))
    if kind == "function_expression":
        return _OF_FUNCTIONS.get(node["value"], ANY)
    if kind in ("or_expression", "and_expression"):
        return kinds_of(parts[0]) | kinds_of(parts[1])
    if kind == "pipe":
        return kinds_of(parts[-1])
    if kind in ("subexpression", "index_expression"):
        return kinds_of(parts[-1]) | {"null"}
    return _OF_NODES.get(kind, ANY)


def giving(*needed: str, message: str, fix: str) -> Callable[[Expression], Expression]:
    """Make a check that an expression can come to one of the kinds of value that its key takes.

    Args:
        needed: the kinds.
        message: what is wrong with an expression that can come to none of them.
        fix: how to repair it.
    """

    def check(expression: Expression) -> Expression:
        if kinds_of(expression.parsed).isdisjoint(needed):
            raise Mistake("bad-jmespath", message, fix)
        return expression

    return check
