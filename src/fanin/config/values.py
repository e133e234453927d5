"""JSON, as values have it."""

import json
from typing import Any

import orjson

from fanin.config.mistake import Mistake

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


MAX_DEPTH = 128
"""Levels of lists and objects in JSON that comes from outside."""
_WRITTEN_DEPTH = 254
"""Levels that orjson writes."""


def too_deep(value: Json) -> bool:
    """Tell whether a value has more than `MAX_DEPTH` levels.

    It is written, inside as many lists as make the deepest that can still be written: some thirty times faster than
    counting in Python.
    """
    for _ in range(_WRITTEN_DEPTH - MAX_DEPTH):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return True
    return False


def is_too_deep(error: orjson.JSONDecodeError) -> bool:
    """Tell whether a text has more levels than orjson reads, which are many more than `MAX_DEPTH`."""
    return "limit" in error.msg


def static_json(value: Any) -> Json:
    """Take what JSON can write: TOML has dates, times, infinity and longer integers too.

    Args:
        value: what stands in fanin.toml.

    Raises:
        Mistake: JSON cannot write it.
    """
    try:
        json.dumps(value, allow_nan=False)
        read: Json = orjson.loads(orjson.dumps(value))
    except (TypeError, ValueError) as error:
        fix = "Write texts, finite numbers of 64 bits, booleans, lists and tables; dates and times in quotes"
        raise Mistake("bad-static", "there is something in it that JSON does not have", fix) from error
    return read
