"""fanin.toml, typed and checked when it is loaded."""

from typing import TYPE_CHECKING, Any

from fanin.config.format import Config, Endpoint
from fanin.config.source import Source

if TYPE_CHECKING:
    from fanin.config.reading import load, parse

__all__ = ["Config", "Endpoint", "Source", "load", "parse"]


def __getattr__(name: str) -> Any:
    """Import what reads a file when it is asked for: a cold start has one that is read (config/frozen.py)."""
    if name not in ("load", "parse"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fanin.config import reading  # noqa: PLC0415 - no part of a cold start

    return getattr(reading, name)
