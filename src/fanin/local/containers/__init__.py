"""Serving what was built in containers, with sam local."""
