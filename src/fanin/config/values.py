"""JSON, as values have it."""

import json
from typing import Any

import orjson

from fanin.config.mistake import Mistake

type Json = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


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
