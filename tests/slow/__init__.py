"""Tests that start for themselves what takes long: a browser, a database server, a stack.

`make test-slow` runs them.
"""
