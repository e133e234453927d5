"""A PostgreSQL server that holds one test run's data, and ends with it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fanin.local.process import ports

_WITHIN = 60.0
"""Seconds that the server may take to start or to end."""
_USER = "fanin"
_OPTIONS = {"listen_addresses": ports.LOOPBACK, "unix_socket_directories": "", "fsync": "off"}


@contextmanager
def database() -> Iterator[str]:
    """Start a server, and give the URL of its empty database; without PostgreSQL the test is skipped."""
    programs = _programs()
    # PostgreSQL refuses to run as root: Debian's package has a user for it.
    as_user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory() as folder:
        if as_user:
            _check_user()
            shutil.chown(folder, "postgres", "postgres")
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": folder, **as_user}
        settings = ["--no-sync", "--auth=trust", f"--username={_USER}", "--encoding=UTF8", "--locale=C"]
        subprocess.run([programs / "initdb", *settings, f"{folder}/data"], check=True, **quiet)
        port = ports.free()
        options = [f"--{name}={value}" for name, value in _OPTIONS.items()]
        server = subprocess.Popen([programs / "postgres", "-D", f"{folder}/data", f"--port={port}", *options], **quiet)
        try:
            yield _serving(f"postgresql://{_USER}@{ports.LOOPBACK}:{port}/postgres", server)
        finally:
            server.send_signal(signal.SIGINT)  # without waiting for its clients
            server.wait(_WITHIN)


def _programs() -> Path:
    """Find the folder of the server's programs, which Debian keeps off the path."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.skip("no PostgreSQL: install Debian's package postgresql")
    return folders[-1]


def _check_user() -> None:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")


def _serving(url: str, server: subprocess.Popen[bytes]) -> str:
    ends = time.monotonic() + _WITHIN
    while True:
        with suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return url
        assert server.poll() is None, "PostgreSQL has ended"
        assert time.monotonic() < ends, "PostgreSQL does not start"
        time.sleep(0.05)
