"""The embedded AWS's own process."""
