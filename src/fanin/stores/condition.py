"""What an item of a table has to be like for a change to be made, or to be found.

    Absent("lease") | at_most("lease", now)

An attribute that is absent equals nothing, is neither below nor above anything, and has no members. Values of two types
are not compared.
"""

from dataclasses import dataclass
from typing import Literal

type Value = str | int | float | bytes | frozenset[str]
"""What an attribute can be: a set has one member at least."""


class Combined:
    """What conditions have in common: `&` and `|`."""

    __slots__ = ()

    def __and__(self, other: "Condition") -> "Condition":
        """Both hold."""
        return All(self, other)  # type: ignore[arg-type]

    def __or__(self, other: "Condition") -> "Condition":
        """One of both holds."""
        return Either(self, other)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Absent(Combined):
    """There is no such attribute; of a part of the key: there is no such item."""

    name: str


@dataclass(frozen=True, slots=True)
class Present(Combined):
    """There is such an attribute."""

    name: str


@dataclass(frozen=True, slots=True)
class Compared(Combined):
    """The attribute stands so to a value of its type."""

    name: str
    sign: Literal["=", "<>", "<", "<=", ">"]
    value: Value


@dataclass(frozen=True, slots=True)
class Has(Combined):
    """The attribute is a set with this member."""

    name: str
    member: str


@dataclass(frozen=True, slots=True)
class Fewer(Combined):
    """The attribute is a set with fewer members than a count; an absent one has 0."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class All(Combined):
    """Both conditions hold."""

    one: "Condition"
    other: "Condition"


@dataclass(frozen=True, slots=True)
class Either(Combined):
    """One of both conditions holds."""

    one: "Condition"
    other: "Condition"


type Condition = Absent | Present | Compared | Has | Fewer | All | Either


def equal(name: str, value: Value) -> Condition:
    """The attribute is this value."""
    return Compared(name, "=", value)


def different(name: str, value: Value) -> Condition:
    """The attribute is absent or another value."""
    return Absent(name) | Compared(name, "<>", value)


def below(name: str, value: str | float) -> Condition:
    """The attribute is less than this value."""
    return Compared(name, "<", value)


def at_most(name: str, value: str | float) -> Condition:
    """The attribute is at most this value."""
    return Compared(name, "<=", value)


def above(name: str, value: str | float) -> Condition:
    """The attribute is more than this value."""
    return Compared(name, ">", value)
