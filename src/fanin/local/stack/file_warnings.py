"""Warnings of fanin.toml, which keep nothing from being served, and are shown all the same."""

from fanin.config import load
from fanin.config.warn import warnings
from fanin.local.layout import CONFIGURATION
from fanin.local.process.console import Console


def show(console: Console) -> None:
    """Show what `fanin check` would warn of."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    for finding in warnings(load(CONFIGURATION, {}), text):
        console.warn(f"  {CONFIGURATION.name}:{finding}")
