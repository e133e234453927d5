"""Attributes as DynamoDB writes them, and conditions and changes as its expressions."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from fanin.config.values import Json
from fanin.stores.condition import Absent, All, Compared, Condition, Either, Fewer, Has, Present, Value
from fanin.stores.table import Change, Item


def written(item: Mapping[str, Value]) -> dict[str, Json]:
    """Write attributes."""
    return {name: _written(value) for name, value in item.items()}


def read(attributes: Mapping[str, Any]) -> Item:
    """Read attributes.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: they are none.
    """
    return {name: _read(value) for name, value in attributes.items()}


class Expressions:
    """The expressions of one request, and what stands for the names and values in them.

    Every name stands behind a sign, since many are words of DynamoDB's own.
    """

    def __init__(self) -> None:
        self._names: dict[str, Json] = {}
        self._values: dict[str, Json] = {}

    def arguments(self) -> dict[str, Json]:
        """Give the arguments that say what the signs stand for."""
        named: dict[str, Json] = {"ExpressionAttributeNames": self._names} if self._names else {}
        return named | ({"ExpressionAttributeValues": self._values} if self._values else {})

    def condition(self, condition: Condition) -> str:  # noqa: PLR0911 - one for each kind
        """Write a condition."""
        match condition:
            case Absent(name):
                return f"attribute_not_exists({self._name(name)})"
            case Present(name):
                return f"attribute_exists({self._name(name)})"
            case Compared(name, sign, value):
                return f"{self._name(name)} {sign} {self._value(value)}"
            case Has(name, member):
                return f"contains({self._name(name)}, {self._value(member)})"
            case Fewer(name, count):
                attribute = self._name(name)
                return f"(attribute_not_exists({attribute}) OR size({attribute}) < {self._value(count)})"
            case All(one, other):
                return f"{self._part(one)} AND {self._part(other)}"
            case Either(one, other):
                return f"{self._part(one)} OR {self._part(other)}"

    def change(self, change: Change) -> str:
        """Write a change."""
        put = [f"{self._name(name)} = {self._value(value)}" for name, value in change.put.items()]
        start = [
            f"{self._name(name)} = if_not_exists({self._name(name)}, {self._value(value)})"
            for name, value in change.start.items()
        ]
        added: dict[str, Value] = {**change.add, **change.join}
        add = [f"{self._name(name)} {self._value(value)}" for name, value in added.items()]
        leave = [f"{self._name(name)} {self._value(value)}" for name, value in change.leave.items()]
        drop = [self._name(name) for name in change.drop]
        clauses = {"SET": put + start, "ADD": add, "DELETE": leave, "REMOVE": drop}
        return " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses.items() if parts)

    def _part(self, condition: Condition) -> str:
        """Write a condition as a part of another; DynamoDB binds AND more tightly than OR."""
        return f"({self.condition(condition)})" if isinstance(condition, Either) else self.condition(condition)

    def _name(self, name: str) -> str:
        self._names[f"#{name}"] = name
        return f"#{name}"

    def _value(self, value: Value) -> str:
        sign = f":v{len(self._values)}"
        self._values[sign] = _written(value)
        return sign


def _written(value: Value) -> Json:
    match value:
        case str():
            return {"S": value}
        case bytes():
            return {"B": b64encode(value).decode()}
        case frozenset():
            return {"SS": [*sorted(value)]}
        case _:
            return {"N": repr(value)}


def _read(attribute: Mapping[str, Any]) -> Value:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return _text(value)
        case "N":
            return _number(_text(value))
        case "B":
            return b64decode(_text(value), validate=True)
        case "SS":
            return frozenset(map(_text, value))
    raise ValueError(f"nothing here is written as {kind[:20]!r}")


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text should be")
    return value
