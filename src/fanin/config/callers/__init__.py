"""The tables of fanin.toml that say how callers are known, one file a kind."""
