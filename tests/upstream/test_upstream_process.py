"""`python -m fanin.local.upstream` as a process: how it starts, and that it ends."""

import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from fanin.local.layout import ROOT
from fanin.local.upstream.app import variables
from fanin.local.upstream.process import Upstream

EURO = "/frankfurter/v1/latest"


@pytest.fixture
def own_upstream() -> Iterator[Upstream]:
    """A demo upstream that a test may end."""
    with Upstream() as upstream:
        yield upstream


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_even_while_requests_hang_drip_and_flow(own_upstream: Upstream, number: signal.Signals) -> None:
    with ExitStack() as connections:
        rules: list[dict[str, Any]] = [
            {"fail": "hang"},
            {"fail": "drip"},
            {"fail": "drip-headers"},
            {"fail": "endless"},
            {"delay": 60_000},
        ]
        for calls, rule in enumerate(rules, start=1):
            own_upstream.rules({"frankfurter": rule})
            connections.enter_context(own_upstream.send(EURO))
            while own_upstream.calls()["frankfurter"] < calls:
                pass
        own_upstream.process.send_signal(number)
        assert own_upstream.process.wait(timeout=30) == 0  # before any of these requests would end


def test_it_says_once_where_it_listens(own_upstream: Upstream) -> None:
    assert own_upstream.announcement == f"listening on http://127.0.0.1:{own_upstream.port}"
    assert own_upstream.get(EURO)["base"] == "EUR"
    own_upstream.process.terminate()
    assert own_upstream.process.stdout is not None
    assert own_upstream.process.stdout.read() == ""


def test_a_taken_port_is_said_plainly(running_upstream: Upstream) -> None:
    taken = running_upstream.port
    command = [sys.executable, "-m", "fanin.local.upstream", "--port", str(taken)]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=10)
    assert ended.returncode == 1
    assert ended.stderr == f"cannot listen on 127.0.0.1:{taken}: Address already in use\n"


def test_it_stands_in_for_every_api_of_fanin_toml() -> None:
    names = tomllib.loads((ROOT / "fanin.toml").read_text())["variables"]
    pairs = variables("http://127.0.0.1:1")["FANIN_VARIABLES"].split()
    assert {pair.partition("=")[0] for pair in pairs} == names.keys()
    assert "open_meteo=http://127.0.0.1:1/open-meteo" in pairs
