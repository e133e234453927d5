"""Load one candidate, make its client, and print the CPU seconds that this interpreter has spent: for cold_start."""

import asyncio
import ssl
import sys
import time

from measure.transports.candidates import CANDIDATES, Caller
from measure.transports.certificates import Trust


async def _start(name: str) -> None:
    candidate = next(candidate for candidate in CANDIDATES if candidate.name == name)
    await Caller(candidate, candidate.ways[-1], Trust(ssl.create_default_context(), b"")).aopen()


asyncio.run(_start(sys.argv[1]))
print(time.process_time())
