"""Tests that run on an event loop of their own."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

WITHIN = 10.0
"""Seconds that a test may take, and anything that it waits for."""


def on_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on a loop of its own, which must end in time."""

    @wraps(test)
    def run(**given: Any) -> None:
        asyncio.run(asyncio.wait_for(test(**given), WITHIN))

    return run


async def until(true: Callable[[], bool], within: float = WITHIN) -> None:
    """Wait for something that nobody tells of, which a busy machine takes its time for."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 - as said
            await asyncio.sleep(0.005)
