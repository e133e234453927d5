"""In a fresh interpreter: import what a function has, then one candidate, and print the CPU ms of its first call."""

import importlib
import ssl
import sys
import time

from measure.aws_clients.candidates import CANDIDATES, FUNCTIONS

_, function, candidate = sys.argv
for module in FUNCTIONS[function]:
    importlib.import_module(module)
# Every client has one, which costs the same: the roots are loaded once for all of a function's connections.
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
began = time.process_time()
answer = CANDIDATES[candidate](context)
print((time.process_time() - began) * 1000)
if candidate != "(nothing)" and answer["Item"] != {"key": {"S": "a"}}:
    raise SystemExit(f"{candidate} answered {answer!r}")
