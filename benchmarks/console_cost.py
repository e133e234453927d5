"""What the console adds to a request, in instructions: `make console-cost`. It takes valgrind.

The same requests go to the gateway without a console, and to the gateway as `make serve` has it, with the console on
and each request kept for its page. callgrind counts the instructions of both, in one process after a warm-up. With the
page open on Recent, it reads every two seconds what came since: each request once. That is counted at ten requests a
second.
"""

import asyncio
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks import configuration
from benchmarks.upstream import upstream
from fanin.compose.console import CONSOLE
from fanin.compose.gateway import gateway
from fanin.entrypoints.servers.asgi import Application, Limits
from fanin.entrypoints.servers.recorded import Recorded
from fanin.local.layout import ROOT

LIMIT: Final = 0.03
"""The share of a request's instructions that the console may add, with its page open, too."""
CALLS: Final = 6
_REQUESTS: Final = 60
_WARM_UP: Final = 30
_EVERY: Final = 20
"""Requests after which an open page reads: ten a second, for two seconds."""
_COUNTS: Final = ("off", "on", "open")
_READ: Final = "/console/recent"
_COUNTED: Final = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)


def main() -> int:
    """Count; 0 if the console adds no more than `LIMIT`."""
    if shutil.which("valgrind") is None:
        sys.stderr.write("There is no valgrind: install Debian's package valgrind\n")
        return 2
    found = counted()
    added = {name: found[name] / found["off"] - 1 for name in ("on", "open")}
    sys.stdout.write(
        f"instructions of a request with {CALLS} calls\n"
        f"  {found['off']:12,.0f}   without the console\n"
        f"  {found['on']:12,.0f}   with it: {added['on']:+.1%}\n"
        f"  {found['open']:12,.0f}   with its page open on Recent: {added['open']:+.1%}, at most {LIMIT:.0%}\n"
    )
    return 0 if max(added.values()) <= LIMIT else 1


def counted() -> dict[str, float]:
    """Count the instructions of a request without the console, with it, and with its page open."""
    with upstream() as serving, tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        file = configuration.write(Path(folder), serving, (CALLS,), 0)
        command = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        child = subprocess.Popen(
            [*command, sys.executable, "-m", "benchmarks.console_cost", str(file)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert child.stdin
        assert child.stdout
        for line in child.stdout:
            if line.strip() in {b"count", b"stop"}:
                # Counting slows a process down fifty times: only what is asked about is counted.
                on = "on" if line.strip() == b"count" else "off"
                _control(child.pid, f"--instr={on}")
                if on == "off":
                    _control(child.pid, "--dump")
                child.stdin.write(b"\n")
                child.stdin.flush()
        if child.wait():
            raise RuntimeError("the gateway did not answer under valgrind")
        dumps = sorted(Path(folder).glob("out.*"), key=lambda dump: int(dump.suffix[1:]))
        totals = [int(_COUNTED.findall(dump.read_text())[-1]) for dump in dumps]
    return {name: total / _REQUESTS for name, total in zip(_COUNTS, totals, strict=False)}


def _control(process: int, what: str) -> None:
    subprocess.run([shutil.which("callgrind_control") or "", what, str(process)], check=True, capture_output=True)


def applications(file: Path) -> tuple[Application, Application]:
    """Make the gateway without a console, and with one that keeps each request."""
    given = {
        "FANIN_CONFIG": str(file),
        "FANIN_ALLOW": "127.0.0.0/8:*",
        "FANIN_CACHE": "off",
        "FANIN_LOG_LEVEL": "ERROR",
    }
    plain, seen = gateway(file.parent, given), gateway(file.parent, {**given, CONSOLE: "on"})
    return Limits(plain), Limits(Recorded(seen, seen.state.recent.add))


async def _ask(app: Application, path: str, query: str = "") -> bytes:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
    }
    scope |= {"headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
    scope |= {"scheme": "http", "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"}}
    body = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal body
        assert message.get("status", 200) == 200, message
        body += message.get("body", b"")

    await app(scope, receive, send)
    return body


async def _serve(app: Application, times: int, read: str = "") -> str:
    """Ask for the endpoint; where there is a last number that was read, read what came since as an open page does."""
    for number in range(times):
        await _ask(app, configuration.path_of(CALLS))
        if read and number % _EVERY == _EVERY - 1:
            read = await _read(app, read)
    return read


async def _read(app: Application, since: str) -> str:
    return str(json.loads(await _ask(app, _READ, f"since={since}"))["last"])


async def _child(file: Path) -> None:
    plain, kept = applications(file)
    await _serve(plain, _WARM_UP)
    await _serve(kept, _WARM_UP, "0")
    last = await _read(kept, "0")
    gc.collect()
    gc.disable()
    for app, read in ((plain, ""), (kept, ""), (kept, last)):
        if read:
            last = await _read(kept, last)  # what came while no page was open
        _say("count")
        await _serve(app, _REQUESTS, last if read else "")
        _say("stop")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
    sys.stdin.readline()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(_child(Path(sys.argv[1])))
    else:
        sys.exit(main())
