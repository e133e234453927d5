"""The examples, each asked in every execution model over the fakes of its upstream.toml."""
