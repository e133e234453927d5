"""What `fanin add` reads, an OpenAPI document or a curl command, and how it becomes a part of fanin.toml."""
