"""How values are compared."""

from collections.abc import Callable
from typing import Any

from jmespath.visitor import TreeInterpreter

from fanin.config.expressions.bounds import COMPARED, Budget
from fanin.config.expressions.nodes import Evaluate

_COMPARE: dict[str, Callable[[Any, Any], bool]] = TreeInterpreter.COMPARATOR_FUNC


def comparison(comparator: str, left: Evaluate, right: Evaluate) -> Evaluate:
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
