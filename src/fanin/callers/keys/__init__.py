"""API keys: what they look like, where their records are, and whether one that a client presents is good."""

from fanin.callers.keys.identify import identifying

__all__ = ["identifying"]
