"""fanin.toml, typed and checked when it is loaded."""

from fanin.config.format import Config, Endpoint, Source
from fanin.config.load import load, parse

__all__ = ["Config", "Endpoint", "Source", "load", "parse"]
