"""Writing the call log, behind the responses."""

import logging
from datetime import UTC, datetime
from queue import Empty, Full, Queue
from threading import Thread
from typing import Any

from django.db import DatabaseError, connection

from fanin.asgi.invocation import invocation_of
from fanin.asgi.limits import Application
from server.calls.models import Call

MOST_WAITING = 10_000
"""Calls that wait to be written; what comes when there are so many is lost, and counted."""
BATCH = 500
"""Calls that are written at once."""

logger = logging.getLogger("fanin")


class CallLog:
    """Writes calls in a thread of its own, so that no request waits for the database.

    Attributes:
        lost: calls that were not written.
    """

    def __init__(self) -> None:
        self.lost = 0
        self._waiting: Queue[Call | None] = Queue(MOST_WAITING)
        self._thread = Thread(target=self._write, name="call log", daemon=True)
        self._thread.start()

    def add(self, call: Call) -> None:
        """Have a call written; it is lost where too many wait."""
        try:
            self._waiting.put_nowait(call)
        except Full:
            self.lost += 1

    def close(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _write(self) -> None:
        try:
            while batch := self._next():
                try:
                    Call.objects.bulk_create(batch)
                except DatabaseError:
                    self.lost += len(batch)
                    logger.exception("calls not logged")
                    connection.close()  # the next batch gets a new one
        finally:
            connection.close()

    def _next(self) -> list[Call]:
        """Wait for calls, and take what there is; nothing at the end."""
        batch: list[Call] = []
        call = self._waiting.get()
        while call:
            batch.append(call)
            if len(batch) == BATCH:
                return batch
            try:
                call = self._waiting.get_nowait()
            except Empty:
                return batch
        if batch:
            self._waiting.put(None)  # the end comes again, once these are written
        return batch


class Logged:
    """An ASGI application whose requests' calls are logged when they have been answered.

    Args:
        app: the application, behind `fanin.asgi.limits`.
        log: the log.
    """

    def __init__(self, app: Application, log: CallLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve, then log."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def noting(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        invocation = invocation_of(scope)
        await self._app(scope, receive, noting)
        query = scope["query_string"].decode("latin-1")
        path = f"{scope['path']}?{query}" if query else scope["path"]
        for result in invocation.results:
            for source, outcome in result.outcomes.items():
                self._log.add(
                    Call(
                        at=datetime.now(UTC),
                        request_id=invocation.request_id,
                        path=path,
                        endpoint=result.endpoint.name,
                        source=source,
                        outcome=outcome.error.problem if outcome.error else outcome.state,
                        status=status,
                        attempts=outcome.attempts,
                        duration_ms=round(result.trace.spans[source].duration * 1000, 1),
                        detail=outcome.error.detail if outcome.error else "",
                    )
                )
