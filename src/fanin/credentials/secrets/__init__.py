"""Secrets: where they are, how long their values are kept, and how they are kept out of what is written."""
