"""Lengths of time and sizes as fanin.toml writes them: `"800ms"`, `"2MB"`."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from fanin.config.mistake import Mistake, by_word

_TIMES = by_word(
    ms="ms msec msecs milli millis millisecond milliseconds",
    s="s sec secs second seconds",
    m="m min mins minute minutes",
    h="h hr hrs hour hours",
    d="d day days",
)
"""Units of time, as they are written elsewhere, too."""
_SIZES = by_word(
    B="b byte bytes",
    kB="k kb kib kilobyte kilobytes",
    MB="m mb mib megabyte megabytes",
    **{"000MB": "g gb gib gigabyte gigabytes"},
)
"""Units of size, likewise; a gigabyte is a thousand of the largest that there is."""
_PART = re.compile(r"(?<![0-9.])([0-9]++(?:\.[0-9]++)?+) *+([a-z]++) *+")
_AMOUNT = re.compile(r" *+([0-9]++(?:\.[0-9]++)?+)? *+([a-z]++)?+ *+")
_LONGEST = 40
"""Characters of a text that is read for what it may mean."""
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
        fix = _meant(text, _TIMES, ("s", "ms")) or 'Write a number above 0 and a unit: "800ms", "3s"'
        raise Mistake("bad-duration", "not a length of time", fix)
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
        fix = _meant(text, _SIZES, ("B", "MB")) or 'Write a whole number above 0 and a unit: "500kB", "2MB"'
        raise Mistake("bad-size", "not a size", fix)
    return value


def _meant(given: object, words: Mapping[str, str], without: tuple[str, str]) -> str:
    """Say how to write an amount that has no unit, or another one; empty if it is not known what is meant.

    Args:
        given: what stands there.
        words: the unit of each word.
        without: the units that a number by itself may be in.
    """
    text = str(given).lower()
    if len(text) > _LONGEST or isinstance(given, bool):
        return ""
    if words is _TIMES and text.startswith("p"):  # ISO 8601's P1DT2H
        text = text[1:].replace("t", "")
    if words is _TIMES and (together := _together(text)):
        return f'Write "{together:.15g}s"'
    found = _AMOUNT.fullmatch(text)
    if found is None or not text.strip() or (found[1] is not None and float(found[1]) <= 0):
        return ""
    number, word = found[1] or "1", found[2]
    if word is None:
        likely, other = without
        return f'Write its unit: "{number}{likely}", or "{number}{other}"' if likely != "B" or "." not in number else ""
    unit = words.get(word, "")
    if unit in {"kB", "MB"} and "." in number:  # sizes are whole
        number, unit = f"{float(number) * 1000:.15g}", {"kB": "B", "MB": "kB"}[unit]
    return f'Write "{number}{unit}"' if unit and (words is _TIMES or "." not in number) else ""


def _together(text: str) -> float:
    """Add up what `1m30s` has; 0 for any other text."""
    parts = _PART.findall(text)
    units = [_TIMES.get(word, "") for _, word in parts]
    if len(parts) < 2 or not all(units) or _PART.sub("", text):
        return 0.0
    return sum(float(number) * _SECONDS[unit] for (number, _), unit in zip(parts, units, strict=True))


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
