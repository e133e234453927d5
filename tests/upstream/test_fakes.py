"""A command run over fakes."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from fanin.local.layout import ROOT
from fanin.local.upstream import fakes
from fanin.local.upstream.client import UpstreamClient

FANIN_TOML = """fanin = 1
[variables]
shop = "https://shop.example"
[sources.item]
url = "{$shop}/items/{id}"
auth = { bearer = "{!shop_key}" }
timeout = "10s"
[endpoints.item]
path = "/item/{id}"
sources = ["item"]
"""
UPSTREAM_TOML = """secrets = { shop_key = "sk_test" }
[shop."GET /items/{id}"]
body = { id = "{id}" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fanin.toml").write_text(FANIN_TOML)
    (tmp_path / "upstream.toml").write_text(UPSTREAM_TOML)
    return tmp_path


def _fakes(folder: Path, *command: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FANIN_")}
    return subprocess.Popen(
        [sys.executable, "-m", "fanin.local.upstream.fakes", folder, *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_request_without_an_answer_is_told_with_the_table_that_is_missing(folder: Path) -> None:
    told: list[str] = []
    (folder / "upstream.toml").write_text(UPSTREAM_TOML + '[bank."GET /a"]\nbody = 1\n')
    with fakes.serving(folder / "upstream.toml", told.append) as running:
        for name in running.urls:
            assert UpstreamClient(running.urls[name]).ask("/a?b=1%202").status == (200 if name == "bank" else 500)
        assert UpstreamClient(running.urls["bank"]).ask("/b").status == 500
    assert [text.partition(": ")[2] for text in told] == [
        """its fake said 500. Write a table [shop."GET /a?b=1%202"]""",
        """its fake said 500. Write a table [bank."GET /b"]""",
    ]
    assert told[0].startswith("  upstream.toml has no answer for GET /a?b=1%202 of shop: ")


def test_a_command_reads_from_the_fakes_with_their_secrets(folder: Path) -> None:
    """Its exit code is the command's."""
    call = (sys.executable, "-m", "fanin.cli", "call", "item")
    ran = _fakes(folder, *call, "id=tea")
    said, errors = ran.communicate()
    assert (ran.returncode, '"id": "tea"' in said) == (0, True), errors
    ran = _fakes(folder, *call)
    ran.communicate()
    assert ran.returncode == 2


def test_without_a_command_they_serve_and_say_what_to_export(folder: Path) -> None:
    ran = _fakes(folder)
    assert ran.stdout
    exported = dict(ran.stdout.readline().removeprefix("export ").rstrip().split("=", 1) for _ in range(4))
    assert exported["FANIN_CONFIG"] == str(folder / "fanin.toml")
    assert exported["FANIN_SECRET_SHOP_KEY"] == "sk_test"
    url = exported["FANIN_VARIABLES"].strip("'").removeprefix("shop=")
    with urllib.request.urlopen(f"{url}/items/cup") as answer:
        assert answer.read() == b'{"id": "cup"}'
    ran.send_signal(signal.SIGTERM)
    assert ran.communicate() == ("", "")
    assert ran.returncode == 0


def test_a_mistake_in_the_file_is_told(folder: Path) -> None:
    (folder / "upstream.toml").write_text("[shop]\nx = 1")
    ran = _fakes(folder)
    said, errors = ran.communicate()
    assert (ran.returncode, said) == (1, "")
    assert "upstream.toml" in errors
