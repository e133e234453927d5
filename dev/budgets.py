"""Warnings of fanin.toml: budgets that cannot fit keep nothing from being served, and are said all the same."""

from dev.console import Console
from dev.layout import CONFIGURATION
from fanin.config import budget, load


def warn(console: Console) -> None:
    """Show what `fanin check` would warn of."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    for finding in budget.warnings(load(CONFIGURATION, {}), text):
        console.warn(f"  {CONFIGURATION.name}:{finding}")
