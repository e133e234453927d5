"""What the console shows, as JSON, whatever framework serves it: plans, traces, and fanin.toml."""
