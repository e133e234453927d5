"""A PostgreSQL server of one's own, for tests and measurements: on loopback, in a temporary folder, ended by its id."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from fanin.local.process import ports
from fanin.local.process.console import Problem

_WITHIN = 60.0
"""Seconds that the server may take to start or to end."""
_USER = "fanin"
_OPTIONS = {"listen_addresses": ports.LOOPBACK, "unix_socket_directories": "", "fsync": "off"}


class Server:
    """A server that can be ended and started again, with its data.

    Args:
        folder: where its data is.
        programs: where its programs are.
        quiet: how they are run.
    """

    def __init__(self, folder: str, programs: Path, quiet: dict[str, Any]) -> None:
        self._folder, self._programs, self._quiet = folder, programs, quiet
        self.port = ports.free()
        self.url = f"postgresql://{_USER}@{ports.LOOPBACK}:{self.port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **options: str) -> None:
        """Start it, and wait until it serves."""
        settings = [f"--{name}={value}" for name, value in (_OPTIONS | options).items()]
        command = [str(self._programs / "postgres"), "-D", f"{self._folder}/data", f"--port={self.port}", *settings]
        process: subprocess.Popen[bytes] = subprocess.Popen(command, **self._quiet)
        self._process = process
        _serving(self.url, process)

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """End it: with SIGINT its clients are told, with SIGQUIT they are cut off."""
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait(_WITHIN)
            self._process = None

    def trust(self, certificate: Path, key: Path) -> None:
        """Give it a certificate and its key, which it takes from its own user only."""
        for source, name in ((certificate, "server.crt"), (key, "server.key")):
            target = Path(self._folder, "data", name)
            shutil.copyfile(source, target)
            target.chmod(0o600)
            if user := self._quiet.get("user"):
                shutil.chown(target, user, self._quiet["group"])

    def authenticate(self, *rules: str) -> None:
        """Say whom it lets in, by lines of pg_hba.conf, and wait until they hold for who connects.

        Raises:
            Problem: it does not read them.
        """
        Path(self._folder, "data", "pg_hba.conf").write_text("\n".join(rules) + "\n")
        before, ends = self._read("pg_conf_load_time(), pg_reload_conf()"), time.monotonic() + _WITHIN
        while self._read("pg_conf_load_time()")[0] == before[0]:
            if time.monotonic() > ends:
                raise Problem("PostgreSQL does not read its settings")
            time.sleep(0.01)

    def _read(self, what: str) -> Sequence[Any]:
        """Ask over a new connection, which knows what the server knew when it took it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(f"select {what}").fetchone() or ()


@contextmanager
def server() -> Iterator[Server]:
    """Start a server.

    Raises:
        Problem: PostgreSQL is not installed, or has no user to run as.
    """
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
        started = Server(folder, programs, quiet)
        try:
            started.start()
            yield started
        finally:
            started.stop()  # without waiting for its clients


def _programs() -> Path:
    """Find the folder of the server's programs, which Debian keeps off the path."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        raise Problem("no PostgreSQL: install Debian's package postgresql")
    return folders[-1]


def _check_user() -> None:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise Problem("PostgreSQL does not run as root, and there is no user postgres") from None


def _serving(url: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + _WITHIN
    while True:
        with suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return
        if process.poll() is not None or time.monotonic() > ends:
            raise Problem("PostgreSQL does not start")
        time.sleep(0.05)
