"""A URL's query with references: pairs that may be left out, and lists that repeat theirs."""

from collections.abc import Iterable
from urllib.parse import quote

from fanin.config.record import record
from fanin.config.template.reference import MissingValue, RefusedValue, Values
from fanin.config.template.text import Template, cut, percent_encoded, text_of

_SAFE_IN_SEPARATOR = ",:!*()~"
"""What separators are made of, letters, digits and `-._` aside, that no reader of queries takes for anything else."""


@record
class QueryTemplate:
    """A query whose pairs may hold references.

    Args:
        whole: the query, uncut.
        pairs: it, cut at each `&`.
    """

    whole: Template
    pairs: tuple[Template, ...]

    @classmethod
    def parse(cls, text: str) -> "QueryTemplate":
        """Read what stands behind the question mark, its variables already put in.

        Raises:
            Mistake: as `Template.parse`.
        """
        return cls(Template.parse(text), tuple(Template.parse(pair) for pair in cut(text, "&")))

    def expand(self, values: Values, separator: str | None) -> str | None:
        """Put the values in, pair by pair, percent-encoded.

        Args:
            values: what stands for the references.
            separator: what joins a list; None repeats its pair.

        Returns:
            the query; None if every pair of it is left out.

        Raises:
            MissingValue: a list has nothing in it, and may not be left out: without the pair an API answers with all.
            RefusedValue: an object, two lists in one pair, what is not a text, a number or a boolean in a list, a value
                with the separator in it, or one that is no Unicode text.
        """
        pairs = expanded(self.pairs, values, separator)
        return "&".join(pairs) if pairs else None


def expanded(pairs: Iterable[Template], values: Values, separator: str | None) -> list[str]:
    """Put the values into pairs; the arguments and errors of `QueryTemplate.expand`."""
    return [text for pair in pairs for text in _written(pair, values, separator)]


def _written(pair: Template, values: Values, separator: str | None) -> list[str]:
    """Write a pair: not at all, once, or once for each item of a list."""
    lists = [reference for reference in dict.fromkeys(pair.references) if isinstance(values[reference], list)]
    if pair.is_absent(values) or any(reference in lists and not values[reference] for reference in pair.optional):
        return []
    if not lists:
        return [pair.expand(values, percent_encoded)]
    listed, *others = lists
    if others:
        raise RefusedValue(others[0], f"is a list, and {listed} in the same pair is one too")
    items = values[listed]
    assert isinstance(items, list)
    if not items:
        raise MissingValue(listed, "is an empty list")
    if any(item is None for item in items):
        raise RefusedValue(listed, "has a null in its list")
    if separator is None:
        return [pair.expand({**values, listed: item}, percent_encoded) for item in items]
    return [_joined(pair, values, separator)]


def _joined(pair: Template, values: Values, separator: str) -> str:
    """Write a pair with its list in one value."""
    written: list[str] = []
    between = quote(separator, safe=_SAFE_IN_SEPARATOR)
    for piece in pair.pieces:
        if isinstance(piece, str):
            written.append(piece)
            continue
        value = values[piece]
        texts = [text_of(piece, item) for item in (value if isinstance(value, list) else [value])]
        if isinstance(value, list) and any(separator in text for text in texts):
            raise RefusedValue(piece, f"has an item with {separator!r} in it, which separates the items")
        written.append(between.join([percent_encoded(piece, text) for text in texts]))
    return "".join(written)
