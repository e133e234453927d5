"""Asking a deployment what its own description promises."""
