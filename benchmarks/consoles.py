"""The gateway without a console, and with one that keeps each request: asked as servers ask them, past the network.

Below `/open` a page is open, too, that reads what came since it read last: every two seconds, at ten requests a second.
"""

import asyncio
import gc
import os
import re
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.configuration import path_of
from fanin.compose.console import CONSOLE
from fanin.compose.gateway import gateway
from fanin.entrypoints.servers.asgi import Application, Limits
from fanin.entrypoints.servers.recorded import Recorded

_WARM_UP = 40
_EVERY = 20
"""Requests after which the page reads."""
_READ = "/console/recent"
_LAST = re.compile(rb'"last":(\d{1,18})')

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
folder, path = Path(os.environ["FANIN_CONFIG"]).parent, path_of(int(os.environ["CONSOLE_CALLS"]))
seen = gateway(folder, {**os.environ, CONSOLE: "on"})
kept = Limits(Recorded(seen, seen.state.recent.add))
cases = {"/off": Limits(gateway(folder, os.environ)), "/on": kept, "/open": kept}
opened, last = count(1), 0


def asked(app: Application, path: str, query: str = "") -> tuple[int, bytes]:
    """Ask an application; gives the answer's status and body."""
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
    scope |= {"headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
    scope |= {"scheme": "http", "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"}}
    scope["query_string"] = query.encode()
    status, body = 0, b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status, body
        status, body = message.get("status", status), body + message.get("body", b"")

    loop.run_until_complete(app(scope, receive, send))
    return status, body


def read() -> int:
    """Read what came, and find its number; what a page does with the rest is not the server's."""
    found = _LAST.search(asked(kept, _READ, f"since={last}")[1])
    assert found
    return int(found[1])


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Ask the application that an event's path names, and read what a page reads, if one is open and it is time."""
    global last  # noqa: PLW0603 - what the page has read; 0 while none is open
    name = event["rawPath"]
    status, _body = asked(cases[name], path)
    if name == "/open" and (not last or next(opened) % _EVERY == 0):
        last = read()
    elif name != "/open":
        last = 0
    return {"statusCode": status, "headers": {}}


for each in cases:
    for _ in range(_WARM_UP):
        handler({"rawPath": each}, None)
for _ in range(_WARM_UP):
    last = read()
    handler({"rawPath": "/open"}, None)
gc.collect()
gc.disable()
