"""One field of a row may be of hundreds of megabytes: no execution model reads it to its end."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.local.layout import ROOT
from tests.slow import postgresql

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that counts the memory")

FIELD = 200_000_000
"""Bytes of the field."""
MAX_BYTES = 2_000_000
"""The default of `max_bytes`."""
FACTOR = 32
"""What reading an answer may take, in `max_bytes`: as docs/policies.md says of any source."""
FILE = """
fanin = 1
[databases.db]
url = "{url}"
tls = "off"
[sources.row]
database = "db"
sql = "select repeat('x', {{shape}}) as x"
timeout = "25s"
[endpoints.row]
path = "/row"
sources = ["row"]
timeout = "28s"
parameters.shape = {{ enum = {{ small = 10, hostile = {field} }} }}
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgresql.database() as url:
        yield url


@pytest.mark.parametrize("path", ["/row", "/threads/row", "/sync/row", "/sync-threads/row"])
def test_a_field_is_not_read_beyond_what_the_source_may_have(tmp_path: Path, url: str, path: str) -> None:
    (tmp_path / "fanin.toml").write_text(FILE.format(url=url, field=FIELD), encoding="utf-8")
    command = [sys.executable, "-m", "tests.faults.memory", str(tmp_path), path]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    status, _, problems, grown, _ = json.loads(ran.stdout.splitlines()[-1])
    assert (status, problems) == (502, {"row": "source-too-large"})
    assert grown <= FACTOR * MAX_BYTES
