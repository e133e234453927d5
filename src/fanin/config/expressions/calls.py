"""Calls of functions, and what they are charged for."""

from collections.abc import Sequence
from typing import Any

from fanin.config.expressions.bounds import COMPARED, FILLED_OBJECT, ORDERED, Budget, memory_of_text
from fanin.config.expressions.costs import FORESEEN
from fanin.config.expressions.functions import FUNCTIONS
from fanin.config.expressions.nodes import Evaluate
from fanin.config.memory import LIST, MEMBER, SLOT
from fanin.config.values import Json


class _Expression:
    """An expression that a function evaluates itself; the library knows it by the name of its class.

    Args:
        expression: what evaluates it.
        steps: those that it takes.
        budget: what is left.
    """

    __slots__ = ("_budget", "_steps", "expression")

    def __init__(self, expression: Evaluate, steps: int, budget: Budget) -> None:
        self.expression = expression
        self._steps = steps
        self._budget = budget

    def visit(self, expression: Evaluate, value: Json) -> Json:
        """Evaluate it for one item; a text may be put in order among those of the others."""
        self._budget.step(self._steps)
        found: Json = expression(value, self._budget)
        if isinstance(found, str):
            self._budget.step(len(found) >> ORDERED)
        elif isinstance(found, list):
            self._budget.step(len(found))
        return found


def expression_of(expression: Evaluate, steps: int) -> Evaluate:
    """Make what a function is given for `&expression`.

    Args:
        expression: what evaluates it.
        steps: those that it takes for one item.
    """
    return lambda _, budget: _Expression(expression, steps, budget)


def call_of(name: str, arguments: Sequence[Evaluate]) -> Evaluate:
    """Call a function with the values of its arguments."""
    foresee = FORESEEN.get(name)

    def evaluate(value: Any, budget: Budget) -> Any:
        given = [argument(value, budget) for argument in arguments]
        for each in given:
            if isinstance(each, list | dict):
                budget.step(len(each))
            elif isinstance(each, str):
                budget.step(len(each) >> COMPARED)
        if foresee:
            foresee(budget, *given)
        result = FUNCTIONS.call_function(name, given)
        match result:
            case list():
                budget.make(LIST + SLOT * len(result))
            case dict():
                budget.make(FILLED_OBJECT + MEMBER * len(result))
            case str():
                budget.make(memory_of_text(result))
        return result

    return evaluate
