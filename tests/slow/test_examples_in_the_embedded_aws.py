"""An example under `make run`: its endpoints in the embedded AWS, over its fakes."""

import json
import signal
import subprocess
from pathlib import Path

from fanin.local.process import ports
from tests.stack.running import Run, copied


def test_an_example_is_served_over_its_fakes(tmp_path: Path) -> None:
    """Its fanin.toml, the files beside it, and the secrets of its upstream.toml."""
    run = Run(copied(tmp_path), ports.free(), "order")
    run.wait_until(lambda: "Ctrl-C ends everything" in run.said)
    told = next(line for line in run.said.splitlines() if "curl" in line)
    for prefix in ("", "/sync", "/django"):
        command = told.replace("/orders", f"{prefix}/orders")
        ordered = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
        assert json.loads(ordered)["state"] == "confirmed"
    declined = subprocess.run(told.replace("visa", "declined"), shell=True, capture_output=True, text=True, check=True)
    assert json.loads(declined.stdout)["detail"] == "Your card was declined."
    assert run.end(signal.SIGINT) == 0
    run.assert_nothing_is_left()
