"""What an expression may take: steps, and memory for what it makes."""

import math

from fanin.config.memory import FIRST_MEMBER, LIST, MEMBER, NUMBER, OBJECT, SLOT, TEXT, WIDE, WIDE_TEXT
from fanin.config.values import Json

STEP = 8
"""Bytes of the memory that a value may take, for each of which an expression may take a step."""

FILLED_OBJECT = OBJECT + FIRST_MEMBER
"""Bytes of an object that has a member, without its members."""
COMPARED = 4
"""Characters, as a power of 2, that are compared, searched or copied in one step."""
ORDERED = 2
"""Likewise of a text that is put in order among others, which is compared several times."""


class ExpressionError(ValueError):
    """An expression cannot take the data that it met; it says why, without the data."""


class ExpressionTooLarge(ExpressionError):
    """An expression takes too long, or what it makes takes too much memory."""


class Budget:
    """What is left to one evaluation.

    Args:
        most: bytes of memory that its value may take. Steps are bounded by it, too: an answer that may be large may
            also take long to go through.
    """

    __slots__ = ("_memory", "_most", "_steps")

    def __init__(self, most: int) -> None:
        self._most = most
        self._steps = most // STEP
        self._memory = most

    def step(self, steps: int) -> None:
        """Take steps.

        Raises:
            ExpressionTooLarge: it has taken too many.
        """
        self._steps -= steps
        if self._steps < 0:
            raise ExpressionTooLarge(f"takes over {self._most // STEP} steps")

    def make(self, memory: int) -> None:
        """Take memory, in bytes.

        Raises:
            ExpressionTooLarge: it has taken too much.
        """
        self._memory -= memory
        if self._memory < 0:
            raise ExpressionTooLarge(f"makes values of over {self._most} bytes of memory")

    def make_list(self, items: int, steps: int) -> None:
        """Take what a list takes, and steps for each of its items.

        Raises:
            ExpressionTooLarge: it has taken too much.
        """
        self.step(items * steps)
        self.make(LIST + SLOT * items)

    def go_through(self, value: Json) -> None:
        """Take a step for each part of a value that is looked at as a whole, however often a part stands in it."""
        waiting = [value]
        while waiting:
            match waiting.pop():
                case list() as items:
                    self.step(len(items))
                    waiting += items
                case dict() as members:
                    self.step(len(members))
                    waiting += members.values()
                case str() as text:
                    self.step(len(text) >> COMPARED)


def memory_of_text(text: str) -> int:
    """Give the bytes that a text takes, its form as UTF-8 included."""
    return TEXT + len(text) if text.isascii() else WIDE_TEXT + WIDE * len(text)


def memory_of_literal(value: Json) -> int:
    """Give the bytes that a value of an expression's own text takes."""
    match value:
        case str():
            return memory_of_text(value)
        case list():
            return LIST + sum(SLOT + memory_of_literal(item) for item in value)
        case dict():
            return FILLED_OBJECT + sum(MEMBER + len(name) + memory_of_literal(item) for name, item in value.items())
    return 0


def check_value(value: Json, most: int) -> None:
    """Hold a value to what it may take, each part counted as often as it stands in it, and numbers to those of JSON.

    Args:
        value: the value.
        most: bytes of memory.

    Raises:
        ExpressionError: a number is not finite, or is an integer of over 64 bits.
        ExpressionTooLarge: it takes more.
    """
    budget = Budget(most)
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                budget.make(memory_of_text(text))
            case list() as items:
                budget.make(LIST + SLOT * len(items))
                waiting += items
            case dict() as members:
                budget.make(FILLED_OBJECT + MEMBER * len(members) + sum(map(len, members)))
                waiting += members.values()
            case bool() | None:
                pass
            case number:
                budget.make(NUMBER)
                if not (math.isfinite(number) if isinstance(number, float) else -(2**63) <= number < 2**64):
                    raise ExpressionError("makes a number that JSON's readers may not take")
