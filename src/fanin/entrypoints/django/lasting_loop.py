"""An event loop that stays, where the server has none: under WSGI each request of an async view gets a new one.

Connections belong to the loop that they were made on, and are kept from one request to the next.
"""

import asyncio
from collections.abc import Coroutine
from functools import cache
from threading import Lock, Thread
from typing import Any

from django.http import HttpRequest

_lock = Lock()


async def on_lasting_loop[T](request: HttpRequest, coroutine: Coroutine[Any, Any, T]) -> T:
    """Await on the running loop where it is an ASGI server's, and on one that stays under WSGI."""
    if hasattr(request, "scope"):
        return await coroutine
    with _lock:
        loop = _loop()
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, loop))


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Start the loop, in a thread that ends with the process."""
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="loop", daemon=True).start()
    return loop
