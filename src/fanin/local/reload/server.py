"""One generation of the server: the application of functions/gateway on a socket that was bound before.

It imports what takes long, and puts an application together once for nothing, so that all that is made only then is
there. Then it waits for a line on its input, which says where to read from, as JSON, and reads the project's files: so
the next generation is ready before there is a change. Usage: python -m fanin.local.reload.server DESCRIPTOR FOLDER
"""

import asyncio
import contextlib
import json
import os
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

import uvicorn

from fanin.compose.console import CONSOLE
from fanin.compose.gateway import gateway
from fanin.config.finding import ConfigError
from fanin.entrypoints.servers.asgi import Limits, cors_of, problem_types_of, watch_of
from fanin.local.process.served_line import recorded
from fanin.local.reload.generation import SERVING

_TAKE_LONG: Final = ("fanin.entrypoints.aws_lambda.asgi", "uvicorn.protocols.http.httptools_impl")
"""What the project's modules, and Uvicorn, import beside the gateway."""
_END_WITHIN: Final = 2
"""Seconds that requests under way have when it is told to stop."""
_ASK_WITHIN: Final = 0.5
"""Seconds that a client has then for its request, if it has only just connected."""


def main() -> int:
    """Serve until told to stop; 1 if fanin.toml cannot be served, which is told."""
    descriptor, folder = sys.argv[1:]
    for module in _TAKE_LONG:
        import_module(module)
    os.environ.setdefault(CONSOLE, "on")
    with contextlib.suppress(Exception):  # what is wrong is told when it counts
        gateway(Path(folder), os.environ)
    if not (line := sys.stdin.readline()):
        return 0
    os.environ.update(json.loads(line))
    sys.path.insert(0, folder)
    try:
        app = import_module("app").app
    except ConfigError as error:
        print(error, flush=True)
        return 1
    told = Limits(
        recorded(app, app.state.recent), cors=cors_of(app), watch=watch_of(app), problem_types=problem_types_of(app)
    )
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

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and stop once those that were taken have asked.

        Uvicorn closes a connection on which no request has arrived yet, though one is on its way.
        """
        for server in self.servers:
            server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ASK_WITHIN):
                await asyncio.sleep(0.01)  # what has just been accepted becomes a connection
                while any(getattr(each, "cycle", each) is None for each in self.server_state.connections):  # noqa: ASYNC110 - by Uvicorn
                    await asyncio.sleep(0.01)
        await super().shutdown(sockets)


if __name__ == "__main__":
    sys.exit(main())
