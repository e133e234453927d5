"""The functions of expressions: JMESPath's, and fanin's own."""

from typing import Any

from jmespath.exceptions import JMESPathTypeError
from jmespath.functions import Functions as StandardFunctions
from jmespath.functions import signature

from fanin.config.template.text import matched
from fanin.config.values import Json

_DIGITS = range(16)
"""Digits behind the point that a number can be rounded to."""


class Functions(StandardFunctions):
    """The functions by their names; the library finds them by the prefix of the methods."""

    @signature({"types": ["string"]}, {"types": ["string"]})
    def _func_split(self, text: str, separator: str) -> list[Json]:
        return [*text.split(separator)] if separator else [*text]

    @signature({"types": ["string"]}, {"types": ["string"]}, {"types": ["string"]})
    def _func_replace(self, text: str, old: str, new: str) -> str:
        return text.replace(old, new) if old else text

    @signature({"types": ["object"]})
    def _func_items(self, members: dict[str, Json]) -> Json:
        return [[name, value] for name, value in members.items()]

    @signature({"types": ["array-array"]})
    def _func_from_items(self, items: list[list[Json]]) -> Json:
        members = {}
        for item in items:
            if len(item) != 2 or not isinstance(item[0], str):
                raise JMESPathTypeError("from_items", item, "array", ["array of pairs of a string and a value"])
            members[item[0]] = item[1]
        return members

    @signature({"types": ["array"], "variadic": True})
    def _func_zip(self, *lists: list[Json]) -> Json:
        return [[*items] for items in zip(*lists, strict=False)]

    @signature({"types": ["array"]}, {"types": ["expref"]})
    def _func_group_by(self, items: list[Json], key: Any) -> Json:
        groups: dict[str, Json] = {}
        for item, name in [(item, key.visit(key.expression, item)) for item in items]:
            if name is None:
                continue
            if not isinstance(name, str):
                raise JMESPathTypeError("group_by", name, type(name).__name__, ["string"])
            group = groups.setdefault(name, [])
            assert isinstance(group, list)
            group.append(item)
        return groups

    @signature(
        {"types": ["array"]}, {"types": ["string"]}, {"types": ["expref"]}, {"types": ["array"]}, {"types": ["expref"]}
    )
    def _func_attach(self, items: list[Json], name: str, key: Any, rows: list[Json], row_key: Any) -> Json:
        found: dict[str | None, Json] = {}
        for row in rows:
            if (text := matched(row_key.visit(row_key.expression, row))) is not None:
                found.setdefault(text, row)
        attached: list[Json] = []
        for item in items:
            if not isinstance(item, dict):
                raise JMESPathTypeError("attach", item, type(item).__name__, ["array of objects"])
            wanted = key.visit(key.expression, item)
            if isinstance(wanted, list):
                texts = [text for text in map(matched, wanted) if text is not None]
                attached.append({**item, name: [found[text] for text in texts if text in found]})
            else:
                attached.append({**item, name: found.get(matched(wanted))})
        return attached

    @signature({"types": ["number"]}, {"types": ["number"]})
    def _func_subtract(self, first: float, second: float) -> float:
        return first - second

    @signature({"types": ["array-number"]})
    def _func_product(self, numbers: list[float]) -> float:
        product: float = 1
        for number in numbers:
            product *= number
            if isinstance(product, int) and abs(product) >= 2**64:  # an integer that grows takes longer and longer
                product = float(product)
        return product

    @signature({"types": ["number"]}, {"types": ["number"]})
    def _func_divide(self, first: float, second: float) -> float:
        if second == 0:
            raise JMESPathTypeError("divide", second, "0", ["number other than 0"])
        quotient = first / second
        return int(quotient) if isinstance(first, int) and isinstance(second, int) and first % second == 0 else quotient

    @signature({"types": ["number"]}, {"types": ["number"]})
    def _func_round(self, number: float, digits: float) -> float:
        if digits not in _DIGITS:
            raise JMESPathTypeError("round", digits, "number", ["whole number from 0 to 15"])
        return round(number, int(digits)) if digits else round(number)

    @signature({"types": ["string"]})
    def _func_lower(self, text: str) -> str:
        return text.lower()

    @signature({"types": ["string"]})
    def _func_upper(self, text: str) -> str:
        return text.upper()

    @signature({"types": ["string"]})
    def _func_trim(self, text: str) -> str:
        return text.strip()


FUNCTIONS = Functions()

MAKE_NUMBERS = frozenset(("abs", "avg", "ceil", "divide", "floor", "product", "round", "subtract", "sum", "to_number"))
"""Those that may give a number that their arguments do not have."""
GIVE_SCALARS = MAKE_NUMBERS | {
    "contains", "ends_with", "join", "length", "lower", "replace", "split", "starts_with", "to_string", "trim", "type",
    "upper",
}  # fmt: skip
"""Those that give no part of their arguments, but something new, such as a text."""
BY_KEY = frozenset(("group_by", "max_by", "min_by", "sort_by"))
"""Those that evaluate an expression for each item, and give items."""
