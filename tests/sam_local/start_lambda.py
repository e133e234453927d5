"""`sam local start-lambda` for many events: a function's first event starts its container, which the others share."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from fanin.local.containers.sam_local import INVOKE_WITHIN, Sandbox
from fanin.local.process import ports
from fanin.local.process.processes import Processes
from fanin.local.stack.servers import Server

type Invoke = Callable[[str, Path], Any]
"""Gives a function the event of a file, and returns its response. A function takes one event at a time."""


@contextmanager
def invoking(template: Path, sandbox: Sandbox, processes: Processes) -> Iterator[Invoke]:
    """Serve the functions of a built template as Lambda's Invoke does, as long as the context lasts."""
    port = ports.free()
    command = [
        *sandbox.command("start-lambda", template),
        "--port",
        str(port),
        "--warm-containers",
        "LAZY",
        "--no-watch",
    ]
    name = f"start-lambda-{template.parent.name}"
    process = processes.start(name, command, sandbox.variables)
    server = Server("sam local start-lambda", port, process, processes.log(name), announces="Running on http://")
    server.wait(INVOKE_WITHIN)

    def invoke(function: str, event: Path) -> Any:
        connection = HTTPConnection(ports.LOOPBACK, port, timeout=INVOKE_WITHIN)
        try:
            connection.request("POST", f"/2015-03-31/functions/{function}/invocations", event.read_bytes())
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        failed = response.status, response.headers["X-Amz-Function-Error"]
        assert failed == (200, None), f"{failed}: {content.decode()}\n{server.log.read_text(errors='replace')[-2000:]}"
        return json.loads(content)

    try:
        yield invoke
    finally:
        process.kill()  # told to end, SAM would stop its containers one after another; the network takes them with it
        process.wait()
