"""What every value of fanin.toml keeps to, whatever its key: a bound on nesting, and integers of 64 bits.

Who reads, checks and sends the values goes down into them, and may then count on an end.
"""

from collections.abc import Iterator
from typing import Any

from fanin.config.finding import Finding, Key

# ruff: noqa: PLC0415 - what finds a place in a file is no part of a cold start

MAX_LEVELS = 128
"""Tables and lists that may stand within each other."""
_MOST_DIGITS = 4_300
"""Digits of an integer that Python reads."""
_SHOWN = 4
"""Parts of a deep key that a finding names."""

_FLATTER = f"Write it flatter: {MAX_LEVELS} levels at most"


def long_key(text: str) -> Finding | None:
    """Find a dotted key of so many parts that TOML's parser would need quadratic time for it.

    Args:
        text: the file, which need not be TOML.
    """
    from fanin.config.locate import dotted_keys, masked, place_of

    for offset, parts in dotted_keys(masked(text)):
        if parts > MAX_LEVELS:
            return Finding("too-deep", (), f"a key of {parts} parts", _FLATTER, *place_of(text, offset))
    return None


def long_number(text: str) -> Finding:
    """Say where the integer stands that TOML's parser could not read for its length.

    Args:
        text: the file.
    """
    from fanin.config.locate import masked, place_of

    run = offset = 0
    for position, character in enumerate(masked(text)):
        run = run + 1 if character.isdecimal() or (run and character == "_") else 0
        if run > _MOST_DIGITS:
            offset = position - run + 1
            break
    return _too_long((), *place_of(text, offset))


def beyond(data: dict[str, Any]) -> Iterator[Finding]:
    """Find values that are nested too deep, and integers of over 64 bits.

    Args:
        data: the file's tables.
    """
    deep: set[Key] = set()
    waiting: list[tuple[Key, Any]] = [((), data)]
    while waiting:
        key, node = waiting.pop()
        match node:
            case dict() | list() if len(key) > MAX_LEVELS:
                if key[:_SHOWN] not in deep:
                    deep.add(key[:_SHOWN])
                    yield Finding("too-deep", key[:_SHOWN], f"it has over {MAX_LEVELS} levels", _FLATTER)
            case dict():
                waiting += ((((*key, name)), item) for name, item in node.items())
            case list():
                waiting += ((((*key, position)), item) for position, item in enumerate(node))
            case int() if not -(2**63) <= node < 2**64:
                yield _too_long(key)


def _too_long(key: Key, line: int = 0, column: int = 0) -> Finding:
    message = "an integer has over 64 bits, which JSON's readers may not take"
    return Finding(
        "bad-value", key, message, "Write a smaller one, or put it in quotes where a text may stand", line, column
    )
