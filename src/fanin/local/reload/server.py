"""One generation of the server: the application of functions/gateway on a socket that was bound before.

It imports what takes long, and waits for a line on its input before it reads a file of the project's: so the next
generation is ready before there is a change. Usage: python -m fanin.local.reload.server DESCRIPTOR FOLDER
"""

import socket
import sys
import time
from importlib import import_module
from typing import Any, Final

import uvicorn

from fanin.config.finding import ConfigError
from fanin.entrypoints.servers.asgi import Application, Limits, cors_of

SERVING: Final = "serving"
"""What it writes once it answers."""
_TAKE_LONG: Final = (
    "fanin.compose.gateway",
    "fanin.entrypoints.aws_lambda.asgi",
    "uvicorn.protocols.http.httptools_impl",
)
_END_WITHIN: Final = 2
"""Seconds that requests under way have when it is told to stop."""


def main() -> int:
    """Serve until told to stop; 1 if fanin.toml cannot be served, which is told."""
    descriptor, folder = sys.argv[1:]
    for module in _TAKE_LONG:
        import_module(module)
    if not sys.stdin.readline():
        return 0
    sys.path.insert(0, folder)
    try:
        app = import_module("app").app
    except ConfigError as error:
        print(error, flush=True)
        return 1
    told = _Told(Limits(app, cors=cors_of(app)))
    config = uvicorn.Config(
        told, log_level="warning", access_log=False, proxy_headers=False, timeout_graceful_shutdown=_END_WITHIN
    )
    _Server(config).run([socket.socket(fileno=int(descriptor))])
    return 0


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        print(SERVING, flush=True)


class _Told:
    """An application, with a line for each request that it answers: status, time, and that of its sources."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve, then tell."""
        began, status, timing = time.monotonic(), 0, b""

        async def noting(message: Any) -> None:
            nonlocal status, timing
            if message["type"] == "http.response.start":
                status = message["status"]
                timing = dict(message["headers"]).get(b"server-timing", b"")
            await send(message)

        await self._app(scope, receive, noting)
        if scope["type"] == "http":
            took = f"{(time.monotonic() - began) * 1000:.0f} ms"
            sources = timing.decode("latin-1").replace(";dur=", " ")
            print(f"  {status} {scope['method']} {scope['path']} {took}  {sources}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
