"""The asynchronous gateway as it is, but that garbage is collected as often as Python does by itself."""

import gc

_BY_ITSELF = gc.get_threshold()

from app import app  # noqa: E402, F401 - it changes them, and is what is served

gc.unfreeze()
gc.set_threshold(*_BY_ITSELF)
