"""A project of one's own: written by `fanin new`, set up, and locked."""
