"""fanin.toml, typed and checked when it is loaded."""

from fanin.config.format import Config, Endpoint
from fanin.config.load import load, parse
from fanin.config.source import Source

__all__ = ["Config", "Endpoint", "Source", "load", "parse"]
