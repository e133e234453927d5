"""The gateway without a console, and with one that keeps each request: asked as servers ask them, past the network."""

import asyncio
import gc
import os
from pathlib import Path
from typing import Any

from benchmarks.configuration import path_of
from fanin.compose.console import CONSOLE
from fanin.compose.gateway import gateway
from fanin.entrypoints.servers.asgi import Limits
from fanin.entrypoints.servers.recorded import Recorded

_WARM_UP = 40

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
folder, path = Path(os.environ["FANIN_CONFIG"]).parent, path_of(int(os.environ["CONSOLE_CALLS"]))
seen = gateway(folder, {**os.environ, CONSOLE: "on"})
kept = Limits(Recorded(seen, seen.state.recent.add))
cases = {"/off": (Limits(gateway(folder, os.environ)), path), "/on": (kept, path), "/read": (kept, "/console/recent")}


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Ask the application that an event's path names."""
    app, path = cases[event["rawPath"]]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
    scope |= {"headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
    scope |= {"scheme": "http", "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"}, "query_string": b""}
    answer: dict[str, Any] = {"headers": {}}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if "status" in message:
            answer["statusCode"] = message["status"]

    loop.run_until_complete(app(scope, receive, send))
    return answer


for _ in range(_WARM_UP):
    for name in cases:
        handler({"rawPath": name}, None)
gc.collect()
gc.disable()
