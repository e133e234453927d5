"""From a source's answer to its value, and from values to one body."""

import math
import re
from collections.abc import Iterable, Mapping

import orjson

from fanin.config import Source
from fanin.config.values import Json
from fanin.engine.call import NoContent
from fanin.engine.footprint import fits, memory_for
from fanin.errors import NotFound, SourceTooLarge, SourceUndecodable

_PICK_ERRORS = (ValueError, TypeError, ArithmeticError, RecursionError)
"""What JMESPath's functions raise for data that they do not take, its own errors among them."""

ERRORS = "errors"
"""The key of a partial body that holds the problems."""


def value_of(source: Source, answer: Json | NoContent) -> Json:
    """Apply a source's `pick`, then its `drop`. The value of an answer without content is null.

    Raises:
        NotFound: the answer, or what `pick` takes of it, is null.
        SourceTooLarge: what `pick` made takes more memory than an answer's values may.
        SourceUndecodable: `pick` met a type that one of its functions does not take, or came to a number that JSON's
            readers may not take.
    """
    if isinstance(answer, NoContent):
        return None
    value: Json = answer
    if source.pick is not None:
        try:
            value = source.pick.search(value)
            if source.pick_makes_numbers and not _has_fitting_numbers(value):
                raise ArithmeticError
            small = fits(orjson.dumps(value), memory := memory_for(source.max_bytes))
        except _PICK_ERRORS as error:
            raise SourceUndecodable(
                source.name, f"{source.name} answered with data that its pick cannot take"
            ) from error
        if not small:
            raise SourceTooLarge(
                source.name, f"the pick of {source.name} makes values of over {memory} bytes of memory"
            )
    if value is None:
        raise NotFound(source.name, f"{source.name} has no such thing")
    return value if source.batch else _dropped(source, value)


def row_of(source: Source, rows: list[Json]) -> Json:
    """Give the value of an item of a batch.

    Args:
        source: the source, which has `batch`.
        rows: the rows that belong to the item.

    Raises:
        NotFound: there is no row.
        SourceUndecodable: there are several where there may be one.
    """
    assert source.batch is not None
    if source.batch.rows == "many":
        return [_dropped(source, row) for row in rows]
    if not rows:
        raise NotFound(source.name, f"{source.name} has no row for this item")
    if len(rows) > 1:
        raise SourceUndecodable(source.name, f"{source.name} has {len(rows)} rows for one item")
    return _dropped(source, rows[0])


def is_missing(source: Source, answer: Json | NoContent) -> bool:
    """Whether an answer means that the source has no such thing."""
    try:
        value_of(source, answer)
    except NotFound:
        return True
    except (SourceTooLarge, SourceUndecodable):
        return False
    return False


def field_of(value: Json, path: Iterable[str]) -> Json:
    """Follow a reference's path into a value; None where it leads nowhere."""
    for part in path:
        match value:
            case dict():
                value = value.get(part)
            case list() if part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            case _:
                return None
    return value


def check_flat(source: str, value: Json) -> None:
    """Refuse a value whose fields cannot stand in a flat body; null has none, and may.

    Raises:
        SourceUndecodable: it is no object, or has a field with the reserved name.
    """
    if value is None:
        return
    if not isinstance(value, dict):
        raise SourceUndecodable(source, f"the value of {source} is not an object, which a flat merge needs")
    if ERRORS in value:
        raise SourceUndecodable(source, f"the value of {source} has a field named {ERRORS}, which is reserved")


def flat(values: Mapping[str, Json]) -> dict[str, Json]:
    """Put the fields of all values into one object, the later winning; a failed source's are left out."""
    return {key: field for value in values.values() if isinstance(value, dict) for key, field in value.items()}


def _dropped(source: Source, value: Json) -> Json:
    for path in source.drop:
        value = _without(value, path.split("."))
    return value


def _has_fitting_numbers(value: Json) -> bool:
    """Find out whether all numbers are what answers have: integers of 64 bits, finite floating-point numbers."""
    match value:
        case float():
            return math.isfinite(value)
        case int():
            return -(2**63) <= value < 2**64
        case list():
            return all(map(_has_fitting_numbers, value))
        case dict():
            return all(map(_has_fitting_numbers, value.values()))
        case _:
            return True


def _without(value: Json, path: list[str]) -> Json:
    """Copy what the path leads through, leaving out what it ends at."""
    if not isinstance(value, dict):
        return value
    name, each = re.subn(r"\[\]$", "", path[0])
    if name not in value:
        return value
    below = path[1:]
    if not below:
        return {key: item for key, item in value.items() if key != name}
    inner = value[name]
    if each:
        return {**value, name: [_without(item, below) for item in inner] if isinstance(inner, list) else inner}
    return {**value, name: _without(inner, below)}
