"""Values as TOML writes them, on one line."""

import json
import math
from collections.abc import Mapping
from typing import Any

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def key(name: str) -> str:
    """Write a key, in quotes if it needs them."""
    return name if name and _BARE.issuperset(name) else value(name)


def value(given: Any) -> str:
    """Write a value: tables are inline.

    Raises:
        ValueError: TOML does not have it.
    """
    match given:
        case str():
            written = json.dumps(given.encode(errors="replace").decode(), ensure_ascii=False)
            return "".join(c if c.isprintable() else _escaped(c) for c in written)
        case bool():
            return "true" if given else "false"
        case int():
            return str(given)
        case float() if math.isfinite(given):
            return repr(given)
        case Mapping():
            return (
                f"{{ {inner} }}" if (inner := ", ".join(f"{key(k)} = {value(v)}" for k, v in given.items())) else "{}"
            )
        case list() | tuple():
            return f"[{', '.join(map(value, given))}]"
    raise ValueError(type(given).__name__)


def _escaped(character: str) -> str:
    """Write a character that nobody sees by its number: it could hide what stands beside it."""
    return f"\\u{ord(character):04X}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08X}"


def comment(text: str, most: int = 600) -> str:
    """Write a text as a comment of one line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:most]).split())
    return f"# {line}"
