"""AWS's own emulator of the Runtime API, which comes with SAM, with the runtime behind it."""

import asyncio
import http.client
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from fanin.local.layout import ROOT
from fanin.local.process import ports
from tests.runtime.running import HERE, WITHIN, WRAPPER

_NAMES = {"x86_64": "x86_64", "aarch64": "arm64"}
PROGRAM = ROOT / (
    ".tools/sam/lib/python3.13/site-packages/samcli/local/rapid/aws-lambda-rie-"
    + _NAMES.get(platform.machine(), "none")
)
_INVOKE = "/2015-03-31/functions/function/invocations"


class Emulated(NamedTuple):
    """What the emulator answers an invocation with.

    Args:
        status: HTTP's.
        body: what the runtime answered, all of it.
    """

    status: int
    body: bytes


class Emulator:
    """The emulator, once it listens.

    Args:
        port: where.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def invoke(self, event: Any) -> Emulated:
        """Hand over an event, and wait for the whole answer. One at a time: a second one ends the emulator."""
        with closing(http.client.HTTPConnection(ports.LOOPBACK, self._port, timeout=WITHIN)) as connection:
            connection.request("POST", _INVOKE, json.dumps(event))
            answer = connection.getresponse()
            return Emulated(answer.status, answer.read())

    async def answer(self, event: Any) -> Emulated:
        """Do so beside other work."""
        return await asyncio.to_thread(self.invoke, event)


@contextmanager
def emulated(signs: Path, handler: str = "application.handler", **environment: str) -> Iterator[Emulator]:
    """Start the emulator, which starts the runtime by its wrapper at the first event."""
    port, api = ports.free(), ports.free()
    given = {
        **os.environ,
        "LAMBDA_TASK_ROOT": str(HERE),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "20",
        "_HANDLER": handler,
        "SIGNS": str(signs),
        **environment,
    }
    own = ["--runtime-interface-emulator-address", f"{ports.LOOPBACK}:{port}"]
    own += ["--runtime-api-address", f"{ports.LOOPBACK}:{api}"]
    command = [str(PROGRAM), *own, str(WRAPPER), sys.executable, handler]
    with answering(command, given, signs, port):
        yield Emulator(port)


@contextmanager
def answering(command: list[str], given: dict[str, str], signs: Path, port: int) -> Iterator[None]:
    """Run an emulator while the context lasts, which begins once it takes events; its log is in `signs`."""
    with (signs / "log").open("wb") as log:
        process = subprocess.Popen(command, env=given, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + WITHIN
        while not ports.accepts(port):
            assert process.poll() is None, (signs / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield
    finally:
        process.terminate()
        process.wait(WITHIN)
