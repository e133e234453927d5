"""The evaluation of an expression: a function for each node of its tree, made once, which counts as it goes.

Nodes outside projections and functions are as many as the expression has. So only projections, and functions that
evaluate an expression for each item, count steps for the nodes below them; functions count what they go through.
"""

from collections.abc import Callable
from typing import Any

from jmespath.exceptions import JMESPathTypeError
from jmespath.functions import TYPES_MAP
from jmespath.visitor import TreeInterpreter

from fanin.config.expressions.bounds import COMPARED, Budget, Evaluate, ExpressionError, memory_of_literal
from fanin.config.expressions.calls import expression_of_function, function
from fanin.config.expressions.nodes import Node, children, is_false
from fanin.config.expressions.projections import (
    filter_projection,
    flatten,
    multi_select_dict,
    multi_select_list,
    part_of_list,
    projection,
    value_projection,
)
from fanin.config.values import Json

_COMPARE: dict[str, Callable[[Any, Any], bool]] = TreeInterpreter.COMPARATOR_FUNC
DATA_ERRORS = (ValueError, TypeError, ArithmeticError, RecursionError)
"""What the library's functions raise for data that they do not take, its own errors among them."""


def evaluator(node: Node) -> Evaluate:
    """Make what evaluates a tree on a document, within a budget.

    A node is made from what evaluates its children. It raises an ExpressionTooLarge, and what the library's functions
    raise for data that they do not take: `reason` says what that means.
    """
    return _MAKERS[node["type"]](node, [evaluator(child) for child in children(node)])


def reason(error: Exception) -> ExpressionError:
    """Say what a `DATA_ERROR` means, without the data."""
    if isinstance(error, JMESPathTypeError):
        expected = " or ".join(str(kind) for kind in error.expected_types)
        actual = TYPES_MAP.get(error.actual_type, error.actual_type)
        return ExpressionError(f"calls {error.function_name}() with {actual}, not {expected}")
    return error if isinstance(error, ExpressionError) else ExpressionError("meets data that it cannot take")


def _current(_: Node, __: list[Evaluate]) -> Evaluate:
    return lambda value, _: value


def _literal(node: Node, _: list[Evaluate]) -> Evaluate:
    literal, memory = node["value"], memory_of_literal(node["value"])

    def evaluate(_: Json, budget: Budget) -> Json:
        budget.make(memory)
        return literal  # type: ignore[no-any-return]

    return evaluate


def _field(node: Node, _: list[Evaluate]) -> Evaluate:
    name = node["value"]
    return lambda value, _: value.get(name) if isinstance(value, dict) else None


def _index(node: Node, _: list[Evaluate]) -> Evaluate:
    index = node["value"]

    def evaluate(value: Json, _: Budget) -> Json:
        if not isinstance(value, list) or not -len(value) <= index < len(value):
            return None
        return value[index]

    return evaluate


def _chain(node: Node, inner: list[Evaluate]) -> Evaluate:
    """Evaluate each child on what the one before gave."""
    if all(child["type"] == "field" for child in node["children"]):
        names = [child["value"] for child in node["children"]]

        def follow(value: Any, _: Budget) -> Any:
            for name in names:
                if not isinstance(value, dict):
                    return None
                value = value.get(name)
            return value

        return follow

    def evaluate(value: Any, budget: Budget) -> Any:
        for link in inner:
            value = link(value, budget)
        return value

    return evaluate


def _pair(_: Node, inner: list[Evaluate]) -> Evaluate:
    return inner[0]


def _or(_: Node, inner: list[Evaluate]) -> Evaluate:
    left, right = inner

    def evaluate(value: Any, budget: Budget) -> Any:
        found = left(value, budget)
        return right(value, budget) if is_false(found) else found

    return evaluate


def _and(_: Node, inner: list[Evaluate]) -> Evaluate:
    left, right = inner

    def evaluate(value: Any, budget: Budget) -> Any:
        found = left(value, budget)
        return found if is_false(found) else right(value, budget)

    return evaluate


def _not(_: Node, inner: list[Evaluate]) -> Evaluate:
    (operand,) = inner
    return lambda value, budget: is_false(operand(value, budget))


def _comparator(node: Node, inner: list[Evaluate]) -> Evaluate:
    left, right = inner
    compare, orders = _COMPARE[node["value"]], node["value"] not in ("eq", "ne")

    def evaluate(value: Any, budget: Budget) -> Any:
        first, second = left(value, budget), right(value, budget)
        if isinstance(first, str) and isinstance(second, str):
            budget.step(min(len(first), len(second)) >> COMPARED)
        elif orders and not (_is_number(first) and _is_number(second)):
            if isinstance(first, bool | list | dict | None) or isinstance(second, bool | list | dict | None):
                return None  # only numbers and texts have an order
        elif isinstance(first, list | dict) and isinstance(second, list | dict):
            budget.go_through(first)
            budget.go_through(second)
        return compare(first, second)

    return evaluate


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_MAKERS: dict[str, Callable[[Node, list[Evaluate]], Evaluate]] = {
    "and_expression": _and,
    "comparator": _comparator,
    "current": _current,
    "expref": expression_of_function,
    "field": _field,
    "filter_projection": filter_projection,
    "flatten": flatten,
    "function_expression": function,
    "identity": _current,
    "index": _index,
    "index_expression": _chain,
    "key_val_pair": _pair,
    "literal": _literal,
    "multi_select_dict": multi_select_dict,
    "multi_select_list": multi_select_list,
    "not_expression": _not,
    "or_expression": _or,
    "pipe": _chain,
    "projection": projection,
    "slice": part_of_list,
    "subexpression": _chain,
    "value_projection": value_projection,
}
