"""The demo upstream: the public APIs that fanin.toml reads from, played from a small world of sample data.

Each API answers under its own prefix with the paths, shapes and errors that it documents, and with the same values
at every call. Over `/_control`, any of them can be told to be slow or to fail, in all the ways that a server can.
"""
