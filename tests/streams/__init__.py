"""Answers as they arrive over HTTP."""
