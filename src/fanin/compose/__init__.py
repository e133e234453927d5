"""Where the parts are put together, and the only place that reads the environment: a module for each function.

`parts.py` makes what functions have in common.
"""
