"""An endpoint's answer as a stream, each source sent the moment that it arrives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import override

from fastapi import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fanin.config.values import Json
from fanin.contract.records import Record, item_record
from fanin.contract.streams import HEARTBEAT, Form, arrived, asked_for, head, is_value, last_record
from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Fetch
from fanin.engine.execution import concurrent
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Outcome
from fanin.engine.plan import Goal
from fanin.engine.result import Result
from fanin.entrypoints.fastapi.departure import departed
from fanin.entrypoints.websocket.limits import SEND_TIMEOUT

type Begin = Callable[..., Aggregation]
"""Begins a request; takes `settled`, which hears of each source."""


async def serve(
    endpoint: Goal, begin: Begin, pipelines: Mapping[str, Fetch], request: Request, invocation: Invocation
) -> "Stream | Result | None":
    """Make the calls until the first value is there, and stream the rest.

    Args:
        endpoint: what is asked for, or the sources that a handler names.
        begin: begins it.
        pipelines: for each source, its policies around its fetch.
        request: the client's.
        invocation: what it is known as.

    Returns:
        the response; or what the request came to, if there was no value; or None if the client prefers JSON.

    Raises:
        RequestError: the request is refused.
    """
    if (form := asked_for(request.headers["accept"])) is None:
        return None
    arrivals = _Arrivals(endpoint)
    aggregation = begin(settled=arrivals.heard)
    aggregation.item_settled = arrivals.heard_item
    running = asyncio.create_task(concurrent.run(aggregation, pipelines))
    running.add_done_callback(lambda _: arrivals.end())
    leaving = asyncio.create_task(departed(request.receive))
    first = asyncio.create_task(arrivals.first.wait())
    try:
        await asyncio.wait((first, leaving), return_when=asyncio.FIRST_COMPLETED)
        if arrivals.has_value or not first.done():
            return Stream(running, leaving, arrivals, form, invocation)
        leaving.cancel()
        return await running
    except asyncio.CancelledError:
        running.cancel()
        leaving.cancel()
        raise
    finally:
        first.cancel()


class _Arrivals:
    """What has arrived of a request and is not sent yet.

    Args:
        goal: what is asked for.
    """

    def __init__(self, goal: Goal) -> None:
        self._goal = goal
        self.status = goal.status
        self.records: asyncio.Queue[Record | None] = asyncio.Queue()  # one for each source and item at most
        self.first = asyncio.Event()
        self.has_value = False

    def heard(self, name: str, outcome: Outcome[Json]) -> None:
        """Hear of a source's outcome."""
        listed = name in self._goal.sources
        if not listed and not outcome.error:
            return
        self.records.put_nowait(arrived(name, outcome, picked=self._goal.pick is not None))
        if listed and is_value(outcome):
            self._begin()

    def heard_item(self, name: str, place: int, outcome: Outcome[Json]) -> None:
        """Hear of an item of a list; of one that failed only once there is something to begin with."""
        if self._goal.pick is not None or name not in self._goal.sources:
            return
        self.records.put_nowait(item_record(name, place, outcome))
        if is_value(outcome):
            self._begin()

    def _begin(self) -> None:
        self.has_value = True
        self.first.set()

    def end(self) -> None:
        """Hear that nothing more arrives."""
        self.records.put_nowait(None)
        self.first.set()


class Stream(Response):
    """A response that sends records until the request is over, or its client has gone.

    Args:
        running: makes the calls; ended with the response, however that ends.
        leaving: waits for the client to go; ended likewise.
        arrivals: what the calls have come to.
        form: how records are written.
        invocation: what the request is known as.
    """

    def __init__(
        self,
        running: asyncio.Task[Result],
        leaving: asyncio.Task[None],
        arrivals: _Arrivals,
        form: Form,
        invocation: Invocation,
    ) -> None:
        super().__init__()
        self._running = running
        self._leaving = leaving
        self._arrivals = arrivals
        self._form = form
        self._invocation = invocation

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        try:
            await asyncio.wait((sending, self._leaving), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            tasks = (sending, self._leaving, self._running)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _send(self, send: Send) -> None:
        """Send head and records. A client that takes nothing for too long is given up, and the connection with it."""
        headers = head(self._form, self._invocation.request_id)
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": self._arrivals.status, "headers": raw})
        async for chunk in self._chunks():
            async with asyncio.timeout(SEND_TIMEOUT):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    record = await self._arrivals.records.get()
            except TimeoutError:
                yield self._form.heartbeat
                continue
            if record is None:
                break
            yield self._form.written(record)
        result = await self._running  # what it raises leaves the stream without its end, by which a client knows
        self._invocation.results.append(result)
        yield self._form.written(last_record(result))
