"""A server as a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fanin.local.layout import ROOT
from fanin.local.process import ports
from fanin.local.upstream.app import variables
from fanin.local.upstream.process import Upstream

START = 30.0
"""Seconds that a server may take to listen."""


def environment(upstream: Upstream) -> dict[str, str]:
    """Give the environment in which an application reads from the demo upstream."""
    reading = {"FANIN_CONFIG": str(ROOT / "fanin.toml"), "FANIN_ALLOW": "127.0.0.0/8:*", "FANIN_CACHE": "off"}
    reading["FANIN_THREADS"] = "on"
    return {**os.environ, **variables(upstream.base_url), **reading}


@contextmanager
def uvicorn(function: str, application: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Run one worker of Uvicorn over a function's application, and give its URL."""
    port = ports.free()
    options = ["--host", ports.LOOPBACK, "--port", str(port), "--log-level", "warning"]
    with _running(["uvicorn", application, *options], function, port, environment) as url:
        yield url


@contextmanager
def gunicorn(function: str, application: str, environment: Mapping[str, str], *options: str) -> Iterator[str]:
    """Run one worker of Gunicorn over a function's application, and give its URL."""
    port = ports.free()
    command = ["gunicorn", application, "--bind", f"{ports.LOOPBACK}:{port}", "--log-level", "warning", *options]
    with _running(command, function, port, environment) as url:
        yield url


@contextmanager
def _running(command: list[str], function: str, port: int, environment: Mapping[str, str]) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT / "functions" / function, env=dict(environment)
    )
    try:
        ends = time.monotonic() + START
        while not ports.accepts(port):
            assert process.poll() is None, f"{command[0]} ended with status {process.returncode}"
            assert time.monotonic() < ends, f"{command[0]} does not listen"
            time.sleep(0.05)
        yield f"http://{ports.LOOPBACK}:{port}"
    finally:
        process.terminate()
        process.wait(START)
