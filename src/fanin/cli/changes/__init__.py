"""What a change of fanin.toml means: for clients, for what the deployment may do, for time and for caches."""
