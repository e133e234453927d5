"""Tests that start a browser or a database server of their own: `make test-slow` runs them."""
