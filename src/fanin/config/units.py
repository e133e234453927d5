"""Lengths of time and sizes as fanin.toml writes them: `"800ms"`, `"2MB"`."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from fanin.config.mistake import Mistake

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LARGE = {"d": 86400.0, "h": 3600.0, "m": 60.0}
BYTES = {"MB": 1_000_000, "kB": 1000, "B": 1}
"""The bytes of each unit, the largest first."""


def seconds(text: object) -> float:
    """Read a length of time such as `"800ms"` or `"1.5s"`; units ms, s, m, h, d.

    Returns:
        seconds.

    Raises:
        Mistake: not such a text, or no time at all.
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)", text) if isinstance(text, str) else None
    if found is None or (value := float(found[1]) * _SECONDS[found[2]]) <= 0:
        raise Mistake("bad-duration", "not a length of time", 'Write a number above 0 and a unit: "800ms", "3s"')
    return value


def size(text: object) -> int:
    """Read a size such as `"500kB"` or `"2MB"`; units B, kB (1,000 bytes), MB.

    Returns:
        bytes.

    Raises:
        Mistake: not such a text, or no bytes at all.
    """
    found = re.fullmatch(r"([0-9]+)(B|kB|MB)", text) if isinstance(text, str) else None
    if found is None or (value := int(found[1]) * BYTES[found[2]]) <= 0:
        raise Mistake("bad-size", "not a size", 'Write a whole number above 0 and a unit: "500kB", "2MB"')
    return value


def spelled(length: float) -> str:
    """Write seconds as a person would: `800 ms`, `2.5 s`, `90 s`, `5 m`, `30 d`."""
    for unit, seconds_of_it in _LARGE.items():
        if length >= seconds_of_it and length % seconds_of_it == 0:
            return f"{length / seconds_of_it:.0f} {unit}"
    return f"{length * 1000:.0f} ms" if length < 1 else f"{round(length, 2):.15g} s"


def at_most(text: str) -> AfterValidator:
    """Bound a length of time, the bound written as in fanin.toml."""
    most = seconds(text)

    def check(length: float) -> float:
        if length > most:
            raise Mistake("bad-duration", "longer than it may be", f'Write "{text}" at most')
        return length

    return AfterValidator(check)


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h|d)$", "examples": ["800ms", "3s"]}),
]
Size = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(B|kB|MB)$", "examples": ["500kB", "2MB"]}),
]
