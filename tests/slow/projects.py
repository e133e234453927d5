"""A project that `fanin new` has written, from an installed wheel, with the repository nowhere near."""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from fanin.local.process import ports

WITHIN = 400.0
"""Seconds that anything may take on a machine that does much else: setting up is the longest."""
_FOREIGN = ("FANIN_", "PYTHON", "VIRTUAL_ENV", "AWS_", "PORT", "LIVE", "EXAMPLE", "MAKE", "MFLAGS")


class Project:
    """A project, and its commands.

    Args:
        folder: where it is.
        home: the home folder of whoever works in it.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        self.environment |= {"HOME": str(home), "UV_CACHE_DIR": _cache()}

    def make(self, *arguments: str) -> str:
        """Run make, and give what it said."""
        done = subprocess.run(
            ["make", "--no-print-directory", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextlib.contextmanager
    def served(self, command: str, ready: str) -> Iterator[str]:
        """Run `make run` or `make serve` until it is ready, give its URL, and end it as Ctrl-C does."""
        port = ports.free()
        log = self.folder / "served.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [self.folder / ".venv/bin/fanin", command, "--port", str(port)],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            ends = time.monotonic() + WITHIN
            while ready not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < ends, log.read_text()
                time.sleep(0.1)
            yield f"http://{ports.LOOPBACK}:{port}"
            process.send_signal(signal.SIGINT)
            assert process.wait(WITHIN) == 0, log.read_text()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            log.unlink()


def new(fanin: Path, folder: Path, wanted: Sequence[str], home: Path) -> Project:
    """Write a project into a folder, and set it up."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    project = Project(folder, home)
    command: list[str | Path] = [fanin, "new", folder.name, "--with", ",".join(wanted)]
    subprocess.run(command, cwd=folder.parent, env=project.environment, check=True, timeout=WITHIN)
    project.make("setup")
    return project


def proven(project: Project, wanted: Sequence[str]) -> None:
    """Assert that a project is served in the embedded AWS, that its tests and smoke pass, and what its bundles hold."""
    with project.served("run", "Ctrl-C ends everything") as url:
        assert b"Hello, Ada!" in asked(f"{url}/hello/Ada")
        assert _is_there(f"{url}/stream/hello/Ada") == ("streaming" in wanted)
        for words in _told(project.folder / "README.md"):
            headers = dict(text.split(": ", 1) for option, text in pairwise(words) if option == "-H")
            there = words[-1].replace("http://127.0.0.1:3000", url)
            with urllib.request.urlopen(urllib.request.Request(there, headers=headers), timeout=WITHIN) as answer:
                assert answer.status == (202 if headers.get("Prefer") else 200), words
        said = project.make("smoke", f"URL={url}")
        assert ("not there: /django/async" in said) == ("contrast" not in wanted), said
        if "database" in wanted:
            rows = [{"sku": "coffee", "amount": 12}, {"sku": "tea", "amount": 40}]
            assert json.loads(asked(f"{url}/stock?at_least=5")) == {"stock": rows}
    assert f"{3 if 'database' in wanted else 2} passed" in project.make("test")
    assert_bundles(project.folder / "build/local", wanted)


def _told(readme: Path) -> Iterator[list[str]]:
    """Give the words of each curl that a README has."""
    return map(shlex.split, re.findall(r"`(curl [^`]+)`", readme.read_text()))


def asked(url: str) -> bytes:
    """Ask a URL, and give the body of its answer."""
    with urllib.request.urlopen(url, timeout=WITHIN) as response:
        content: bytes = response.read()
        return content


def _is_there(url: str) -> bool:
    with contextlib.suppress(urllib.error.HTTPError):
        return bool(asked(url))
    return False


def assert_bundles(built: Path, wanted: Sequence[str]) -> None:
    """Assert that functions and layers are those that were asked for, and that none carries a tool or a framework."""
    names = {folder.name for folder in built.iterdir() if folder.is_dir()}
    expected = {"GatewayFunction", "WorkerFunction", "FaninLayer", "GatewayLayer"}
    expected |= {"JobsFunction"} if "jobs" in wanted else set()
    expected |= {"LiveFunction"} if "websocket" in wanted else set()
    expected |= {"DatabaseLayer"} if "database" in wanted else set()
    if "contrast" in wanted:
        expected |= {"SyncFunction", "DjangoFunction", "SyncLayer", "DjangoLayer"}
    assert names == expected
    packages = {path.name for path in (built / "GatewayLayer/python").iterdir()}
    assert {"fastapi", "httpx", "mangum"} <= packages
    assert not packages & {"django", "pytest", "typer", "uvicorn", "boto3", "aiohttp", "jsonschema_rs", "psycopg"}
    rooms = {path.name for path in (built / "FaninLayer/python/fanin").iterdir()}
    assert "entrypoints" in rooms
    assert not rooms & {"cli", "testing", "local"}
    assert {path.name for path in (built / "FaninLayer/python").iterdir()} == {"fanin"}


def _cache() -> str:
    """Give uv's cache, so that the registry is not asked for every project."""
    return os.environ.get("UV_CACHE_DIR") or str(Path("~/.cache/uv").expanduser())
