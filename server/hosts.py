"""The server answers for listed hosts only, over HTTP and over WebSocket."""

from collections.abc import Sequence
from typing import Any

from fanin.contract import answers
from fanin.entrypoints.servers.asgi import Application, invocation_of, send_answer
from fanin.local.process import hosts

_CLOSED = {"type": "websocket.close", "code": 1008, "reason": "unknown host"}


class Hosts:
    """An ASGI application that is reached under listed hosts only, over HTTP and over WebSocket.

    Django's own check holds for those of its views that ask for the host, and for none of FastAPI's endpoints.

    Args:
        app: the application, behind `fanin.entrypoints.servers.asgi`.
        allowed: the hosts, as `fanin.local.process.hosts` lists them.
    """

    def __init__(self, app: Application, allowed: Sequence[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve, or refuse the host."""
        if scope["type"] not in {"http", "websocket"} or self._allows(scope["headers"]):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send(_CLOSED)
        else:
            await send_answer(answers.refusal(hosts.unknown_host(), invocation_of(scope).request_id), send)

    def _allows(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        values = [value.decode("latin-1") for name, value in headers if name.lower() == b"host"]
        return hosts.allows(values, self._allowed)
