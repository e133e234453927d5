"""The way in by Django: what the views of a project need to serve the endpoints of fanin.toml."""
