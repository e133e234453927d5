"""Filling the call log, behind the responses."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from django.db import DatabaseError, connection

from fanin.engine.invocation import Invocation
from fanin.entrypoints.servers.asgi import Application, invocation_of
from server.calls.models import Call
from server.calls.writer import Writer


def write(calls: list[Call]) -> None:
    """Write calls to the database.

    Raises:
        DatabaseError: it takes none; the next ones are tried on a new connection.
    """
    try:
        Call.objects.bulk_create(calls)
    except DatabaseError:
        connection.close()
        raise


def end() -> None:
    """Close the database's connection of the thread that has written.

    `connection` stands for a connection of each thread: which one is said when its `close` is looked up.
    """
    connection.close()


class Logged:
    """An ASGI application whose requests' calls are logged once the requests are over.

    Args:
        app: the application, behind `fanin.entrypoints.servers.asgi`.
        log: writes the calls.
    """

    def __init__(self, app: Application, log: Writer[Call]) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve, then log, even if serving has failed or was cut off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500  # the server's, where there is no answer

        async def noting(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        invocation = invocation_of(scope)
        try:
            await self._app(scope, receive, noting)
        finally:
            path = _target(scope)
            if invocation.by_page:
                made = invocation.by_page[-1]
                path, status = unquote(made.path), made.status or status
            for call in _calls(invocation, path, status):
                self._log.add(call)


def _target(scope: Any) -> str:
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])


def _calls(invocation: Invocation, path: str, status: int) -> Iterator[Call]:
    now = datetime.now(UTC)
    for result in invocation.results:
        for source, outcome in result.outcomes.items():
            yield Call(
                at=now,
                request_id=invocation.request_id,
                path=path,
                endpoint=result.goal.name,
                source=source,
                outcome=outcome.error.problem if outcome.error else outcome.state,
                status=status,
                attempts=outcome.attempts,
                duration_ms=round(result.trace.spans[source].duration * 1000, 1),
                detail=outcome.error.detail if outcome.error else "",
            )
