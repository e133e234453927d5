"""An ASGI application whose requests are told once they are over."""

from collections.abc import Callable
from typing import Any

from fanin.engine.clock import steady
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock
from fanin.entrypoints.servers.asgi import Application, invocation_of, path_of
from fanin.observability import logs

type Tell = Callable[[Invocation, str, str, int, float], None]
"""Is told the invocation, the method, the path without the query, the answer's status, and the seconds that it took."""


class Recorded:
    """Tells of each request but those for the console's own data, which would fill its lists by themselves.

    Of one by which the console's page has a request made, it tells that request.

    Every line of the log names the request that it is about.

    Args:
        app: the application, behind `Limits`.
        tell: is told.
        clock: measures how long requests take.
    """

    def __init__(self, app: Application, tell: Tell, clock: Clock = steady) -> None:
        self._app = app
        self._tell = tell
        self._clock = clock

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve, then tell, even if serving has failed, as by a mistake in a handler, or was cut off."""
        if scope["type"] != "http" or _is_own(scope["path"]):
            await self._app(scope, receive, send)
            return
        began, status, invocation = self._clock(), 500, invocation_of(scope)  # the server's, where there is no answer
        logs.about(request_id=invocation.request_id)

        async def noting(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            method, path = scope["method"], path_of(scope)
            if invocation.by_page:
                made = invocation.by_page[-1]
                method, path, status = made.method, made.path, made.status or status
            self._tell(invocation, method, path, status, self._clock() - began)


def _is_own(path: str) -> bool:
    return path.startswith("/console") and path != "/console/run"
