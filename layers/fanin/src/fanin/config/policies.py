"""The tables of a source's policies: each key optional, each with a default and bounds."""

import json
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from fanin.config.mistake import Mistake
from fanin.outcome import Json


def _static(value: Any) -> Json:
    """Take what JSON can write: TOML has dates, times, infinity and longer integers too."""
    try:
        json.dumps(value, allow_nan=False)
        read: Json = orjson.loads(orjson.dumps(value))
    except (TypeError, ValueError) as error:
        fix = "Write texts, finite numbers of 64 bits, booleans, lists and tables; dates and times in quotes"
        raise Mistake("bad-fallback", "there is something in it that JSON does not have", fix) from error
    return read


class _Policy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fallback(_Policy):
    """Static data in place of a value."""

    value: Annotated[Any, BeforeValidator(_static), WithJsonSchema({})]
    """What stands for the source's value, as it is: neither `pick` nor `drop` is applied."""
