"""Which hosts the server answers for: a page elsewhere whose name leads here (DNS rebinding) reads nothing."""

from collections.abc import Sequence
from typing import Any

from django.http.request import split_domain_port, validate_host

from fanin.contract import answers
from fanin.entrypoints.servers.asgi import Application, invocation_of, send_answer
from fanin.errors import RequestError

_CLOSED = {"type": "websocket.close", "code": 1008, "reason": "unknown host"}


class Hosts:
    """An ASGI application that is reached under listed hosts only, over HTTP and over WebSocket.

    Django's own check holds for those of its views that ask for the host, and for none of FastAPI's endpoints.

    Args:
        app: the application, behind `fanin.entrypoints.servers.asgi`.
        allowed: the hosts, as Django's ALLOWED_HOSTS has them.
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
            error = RequestError(400, "unknown-host", "Unknown host", "the server does not answer for this host")
            await send_answer(answers.refusal(error, invocation_of(scope).request_id), send)

    def _allows(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        hosts = [value.decode("latin-1") for name, value in headers if name.lower() == b"host"]
        if len(hosts) != 1:
            return False
        domain, _ = split_domain_port(hosts[0])
        return bool(domain) and validate_host(domain, self._allowed)
