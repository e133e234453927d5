"""The tables of `[callers]`: how fanin knows who asks."""
