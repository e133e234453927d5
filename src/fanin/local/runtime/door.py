"""A function URL with one runtime behind it, in a thread: the runtime starts at the first event."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any, Protocol, override

from fanin.local.runtime import function_url
from fanin.local.runtime.runtime_api import Answered, LambdaService


class Runtime(Protocol):
    """A runtime that can be started and ended."""

    def begin(self, runtime_api: str) -> None:
        """Start it, unless it runs.

        Args:
            runtime_api: where it finds the Runtime API.
        """

    def end(self) -> None:
        """End it, whatever it is doing."""


class _Service(LambdaService):
    """Lambda, with one environment of a function."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__()
        self._runtime = runtime

    @override
    async def invoke(self, event: Any, seconds: float = 30.0, said: Mapping[str, str] | None = None) -> Answered:
        self._runtime.begin(self.address)
        try:
            return await super().invoke(event, seconds, said)
        except TimeoutError:
            await asyncio.to_thread(self._runtime.end)  # as Lambda ends one that takes too long
            raise


@contextlib.contextmanager
def serving(runtime: Runtime) -> Iterator[str]:
    """Serve a function URL, in a thread, as long as the context lasts; gives its URL."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with _Service(runtime).serving() as service, function_url.serving(service) as url:
            started.set_result((asyncio.get_running_loop(), stop, url))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    loop, stop, url = started.result()
    try:
        yield url
    finally:
        runtime.end()  # first: it has nothing to say about a Runtime API that is gone
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        runtime.end()
