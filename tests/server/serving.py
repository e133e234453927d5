"""`make serve` as a process, and how to ask its admin."""

import http.cookiejar
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fanin.local.layout import ROOT

DATABASE = "FANIN_TEST_DATABASE_URL"
"""Names another database than SQLite for these tests; they leave their tables in it."""

PASSWORD = "a password for tests"

_STARTED = 120.0
"""Seconds within which it serves."""
_SOON = 60.0
"""Seconds within which what has been asked is in the log."""


@contextmanager
def serving(
    folder: Path,
    environment: Mapping[str, str],
    composition: str,
    end: Callable[[subprocess.Popen[bytes]], None] = subprocess.Popen.terminate,
) -> Iterator[str]:
    """Run `make serve` over a database in a folder, and give its URL; told to end, it leaves no traceback."""
    given = {
        "PORT": "0",
        "LIVE": "1",  # the environment says where to read from
        "COMPOSITION": composition,
        "DATABASE_URL": environment.get(DATABASE) or f"sqlite:///{folder / 'calls.sqlite3'}",
        "FANIN_ADMIN_PASSWORD": PASSWORD,
        "PYTHONPATH": os.pathsep.join(["functions/gateway", "functions/django"]),
    }
    log = folder / "serve.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "server"], cwd=ROOT, env={**environment, **given}, stdout=output, stderr=output
        )
    try:
        yield _url(process, log)
    finally:
        end(process)
        status = process.wait(30)
    assert status == 0, log.read_text()
    assert '"level":"ERROR"' not in log.read_text(), log.read_text()
    assert not re.search("^Traceback", log.read_text(), re.MULTILINE), log.read_text()


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    ends = time.monotonic() + _STARTED
    while not (found := re.search(r"(http://[0-9.:]+)/admin/\n", log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < ends, log.read_text()
        time.sleep(0.05)
    urllib.request.urlopen(f"{found[1]}/health", timeout=30).close()
    return found[1]


class Admin:
    """A person at the admin, with cookies and nothing else of a browser.

    Args:
        url: where the server is.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        page = self.get("/admin/login/?next=/admin/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": PASSWORD, "next": "/admin/"}
        self.home = self._read(f"{url}/admin/login/", urllib.parse.urlencode(form).encode())

    def get(self, path: str) -> str:
        """Open a page."""
        return self._read(self._url + path, None)

    def calls(self, **filters: str) -> list[tuple[str, ...]]:
        """Open the call log, filtered, and read source, outcome and status of each row."""
        page = self.get(f"/admin/calls/call/?{urllib.parse.urlencode(filters)}")
        columns = [
            re.findall(rf'<td class="field-{name}[^"]*">([^<]*)</td>', page) for name in ("source", "outcome", "status")
        ]
        return list(zip(*columns, strict=True))

    def await_calls(self, count: int, **filters: str) -> list[tuple[str, ...]]:
        """Look again until so many calls are there: they are written behind the responses."""
        ends = time.monotonic() + _SOON
        while len(rows := self.calls(**filters)) < count and time.monotonic() < ends:
            time.sleep(0.02)
        return rows

    def _read(self, url: str, form: bytes | None) -> str:
        with self._opener.open(url, form, timeout=30) as response:
            text: str = response.read().decode()
            return text
