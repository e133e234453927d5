"""How `make serve` ends: by Ctrl-C, once or twice, and by a plain kill, with its rows written and no traceback."""

import signal
import subprocess
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fanin.local.process import ports
from fanin.local.upstream.process import Upstream
from tests.server.serving import serving
from tests.servers.servers import environment
from tests.stack.waiting import waited_for

CTRL_C = signal.SIGINT
WITHIN = 30.0
"""Seconds that anything may take."""


@pytest.mark.parametrize(
    "signals", [[CTRL_C], [CTRL_C, CTRL_C], [signal.SIGTERM, CTRL_C]], ids=["Ctrl-C", "Ctrl-C twice", "kill, Ctrl-C"]
)
def test_it_ends_clean_while_a_request_is_under_way(
    signals: Sequence[signal.Signals], upstream: Upstream, tmp_path: Path
) -> None:
    upstream.reset()
    upstream.rules({"open-meteo-geocoding": {"delay": 1500}})
    url = ""

    def end(process: subprocess.Popen[bytes]) -> None:
        for number in signals:
            process.send_signal(number)
            _wait_until_closed(url)

    with ThreadPoolExecutor() as pool:
        with serving(tmp_path, environment(upstream), "mounted", end) as url:
            urllib.request.urlopen(f"{url}/django/credits", timeout=30).close()
            asking = pool.submit(_ask, f"{url}/trip/Lisbon")
            waited_for(lambda: upstream.calls()["open-meteo-geocoding"], WITHIN)  # it is on its way
        asking.result()
    upstream.reset()


def _ask(url: str) -> None:
    """Ask for what may be cut off."""
    with suppress(OSError), urllib.request.urlopen(url, timeout=30) as answer:
        answer.read()


def _wait_until_closed(url: str) -> None:
    """Wait until the server takes no more connections: it has heard of the signal."""
    port = urlsplit(url).port
    assert port
    waited_for(lambda: not ports.accepts(port), WITHIN)
