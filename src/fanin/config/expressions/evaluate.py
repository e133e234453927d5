"""The evaluation of an expression: a function for each node of its tree, made once, which counts as it goes.

Nodes outside projections and functions are as many as the expression has. So only projections, and functions that
evaluate an expression for each item, count steps for the nodes below them; functions count what they go through.
"""

from collections.abc import Callable
from typing import Any

from jmespath.exceptions import JMESPathTypeError
from jmespath.functions import TYPES_MAP
from jmespath.visitor import TreeInterpreter

from fanin.config.expressions.bounds import COMPARED, FILLED_OBJECT, Budget, ExpressionError, memory_of_literal
from fanin.config.expressions.calls import call_of, expression_of
from fanin.config.expressions.nodes import Evaluate, Node, children
from fanin.config.memory import LIST, MEMBER, SLOT
from fanin.config.values import Json

DATA_ERRORS = (ValueError, TypeError, ArithmeticError, RecursionError)
"""What the library's functions raise for data that they do not take, its own errors among them."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = TreeInterpreter.COMPARATOR_FUNC


def evaluator(node: Node) -> Evaluate:
    """Make what evaluates a tree on a document, within a budget.

    It raises an ExpressionTooLarge, and what the library's functions raise for data that they do not take: `reason`
    says what that means.
    """
    return _MAKERS[node["type"]](node)


def reason(error: Exception) -> ExpressionError:
    """Say what a `DATA_ERROR` means, without the data."""
    if isinstance(error, JMESPathTypeError):
        expected = " or ".join(str(kind) for kind in error.expected_types)
        actual = TYPES_MAP.get(error.actual_type, error.actual_type)
        return ExpressionError(f"calls {error.function_name}() with {actual}, not {expected}")
    return error if isinstance(error, ExpressionError) else ExpressionError("meets data that it cannot take")


def _parts(node: Node) -> list[Evaluate]:
    """Make what evaluates each child."""
    return [evaluator(child) for child in node["children"]]


def _is_false(value: Json) -> bool:
    """Whether a value counts as false: null, false, and what is empty; 0 counts as true."""
    return value is None or value is False or (not value and isinstance(value, str | list | dict))


def _either(left: Evaluate, right: Evaluate) -> Evaluate:
    """Give the first value unless it counts as false, else the second: `||`."""

    def evaluate(value: Any, budget: Budget) -> Any:
        found = left(value, budget)
        return right(value, budget) if _is_false(found) else found

    return evaluate


def _both(left: Evaluate, right: Evaluate) -> Evaluate:
    """Give the first value if it counts as false, else the second: `&&`."""

    def evaluate(value: Any, budget: Budget) -> Any:
        found = left(value, budget)
        return found if _is_false(found) else right(value, budget)

    return evaluate


def _inverse(inner: Evaluate) -> Evaluate:
    """Tell whether a value counts as false: `!`."""
    return lambda value, budget: _is_false(inner(value, budget))


def _comparison(comparator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    """Compare two values, by the comparator's name in the library's tree."""
    compare, orders = _COMPARE[comparator], comparator not in ("eq", "ne")

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


def _current(_: Node) -> Evaluate:
    return lambda value, _: value


def _literal(node: Node) -> Evaluate:
    literal, memory = node["value"], memory_of_literal(node["value"])

    def evaluate(_: Json, budget: Budget) -> Json:
        budget.make(memory)
        return literal  # type: ignore[no-any-return]

    return evaluate


def _field(node: Node) -> Evaluate:
    name = node["value"]
    return lambda value, _: value.get(name) if isinstance(value, dict) else None


def _index(node: Node) -> Evaluate:
    index = node["value"]

    def evaluate(value: Json, _: Budget) -> Json:
        if not isinstance(value, list) or not -len(value) <= index < len(value):
            return None
        return value[index]

    return evaluate


def _slice(node: Node) -> Evaluate:
    part = slice(*node["children"])

    def evaluate(value: Json, budget: Budget) -> Json:
        if not isinstance(value, list):
            return None
        taken = value[part]
        budget.step(len(taken))
        budget.make(LIST + SLOT * len(taken))
        return taken

    return evaluate


def _chain(node: Node) -> Evaluate:
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
    links = _parts(node)

    def evaluate(value: Any, budget: Budget) -> Any:
        for link in links:
            value = link(value, budget)
        return value

    return evaluate


def _multi_select_list(node: Node) -> Evaluate:
    items = _parts(node)
    memory = LIST + SLOT * len(items)

    def evaluate(value: Any, budget: Budget) -> Any:
        if value is None:
            return None
        budget.make(memory)
        return [item(value, budget) for item in items]

    return evaluate


def _multi_select_dict(node: Node) -> Evaluate:
    pairs = [(pair["value"], pair["children"][0]) for pair in node["children"]]
    memory = FILLED_OBJECT + sum(MEMBER + len(name) for name, _ in pairs)
    if all(member["type"] == "field" for _, member in pairs):
        fields = [(name, member["value"]) for name, member in pairs]

        def select(value: Any, budget: Budget) -> Any:
            if value is None:
                return None
            budget.make(memory)
            found = value if isinstance(value, dict) else {}
            return {name: found.get(field) for name, field in fields}

        return select
    members = [(name, evaluator(member)) for name, member in pairs]

    def evaluate(value: Any, budget: Budget) -> Any:
        if value is None:
            return None
        budget.make(memory)
        return {name: member(value, budget) for name, member in members}

    return evaluate


def _steps(node: Node) -> int:
    """Count the nodes of a tree."""
    return 1 + sum(map(_steps, children(node)))


def _flatten(node: Node) -> Evaluate:
    (inner,) = _parts(node)

    def evaluate(value: Any, budget: Budget) -> Any:
        lists = inner(value, budget)
        if not isinstance(lists, list):
            return None
        length = sum([len(each) if isinstance(each, list) else 1 for each in lists])
        budget.step(len(lists) + length)
        budget.make(LIST + SLOT * length)
        flat: list[Any] = []
        for each in lists:
            if isinstance(each, list):
                flat += each
            else:
                flat.append(each)
        return flat

    return evaluate


def _projection(node: Node) -> Evaluate:
    left, right = _parts(node)
    is_whole, steps = node["children"][1]["type"] == "identity", _steps(node["children"][1])

    def evaluate(value: Any, budget: Budget) -> Any:
        items = left(value, budget)
        if not isinstance(items, list):
            return None
        budget.make_list(len(items), steps)
        if is_whole:
            return [item for item in items if item is not None]
        return [found for item in items if (found := right(item, budget)) is not None]

    return evaluate


def _value_projection(node: Node) -> Evaluate:
    left, right = _parts(node)
    steps = _steps(node["children"][1])

    def evaluate(value: Any, budget: Budget) -> Any:
        members = left(value, budget)
        if not isinstance(members, dict):
            return None
        budget.make_list(len(members), steps)
        return [found for item in members.values() if (found := right(item, budget)) is not None]

    return evaluate


def _filter_projection(node: Node) -> Evaluate:
    left, right, condition = _parts(node)
    steps = _steps(node["children"][1]) + _steps(node["children"][2])

    def evaluate(value: Any, budget: Budget) -> Any:
        items = left(value, budget)
        if not isinstance(items, list):
            return None
        budget.make_list(len(items), steps)
        return [
            found
            for item in items
            if not _is_false(condition(item, budget)) and (found := right(item, budget)) is not None
        ]

    return evaluate


_MAKERS: dict[str, Callable[[Node], Evaluate]] = {
    "and_expression": lambda node: _both(*_parts(node)),
    "comparator": lambda node: _comparison(node["value"], *_parts(node)),
    "current": _current,
    "expref": lambda node: expression_of(_parts(node)[0], _steps(node["children"][0])),
    "field": _field,
    "filter_projection": _filter_projection,
    "flatten": _flatten,
    "function_expression": lambda node: call_of(node["value"], _parts(node)),
    "identity": _current,
    "index": _index,
    "index_expression": _chain,
    "literal": _literal,
    "multi_select_dict": _multi_select_dict,
    "multi_select_list": _multi_select_list,
    "not_expression": lambda node: _inverse(*_parts(node)),
    "or_expression": lambda node: _either(*_parts(node)),
    "pipe": _chain,
    "projection": _projection,
    "slice": _slice,
    "subexpression": _chain,
    "value_projection": _value_projection,
}
