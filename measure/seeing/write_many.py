"""In a fresh interpreter: what one candidate's import and setting up cost, and then each request, as JSON."""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import TextIO

from measure.seeing.candidates import CANDIDATES, FUNCTIONS, LINES

_WARM, _REQUESTS = 200, 2000
_, function, candidate = sys.argv


def _import_function() -> None:
    """Import what the function has without its lines: what lines alone need is taken out again."""
    for module in FUNCTIONS[function]:
        importlib.import_module(module)
    for module in LINES:
        sys.modules.pop(module, None)


def _measure(result: TextIO) -> None:
    _import_function()
    began = time.process_time()
    write = CANDIDATES[candidate]()
    started = time.process_time()
    for _ in range(_WARM):
        write()
    warm = time.process_time()
    for _ in range(_REQUESTS):
        write()
    ended = time.process_time()
    json.dump({"ms": (started - began) * 1e3, "us": (ended - warm) / _REQUESTS * 1e6}, result)


with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
    result, sys.stdout = sys.stdout, nowhere
    _measure(result)
    sys.stdout = result
