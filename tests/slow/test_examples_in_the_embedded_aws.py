"""An example under `make run`: its endpoints in the embedded AWS, over its fakes."""

import json
import signal
import subprocess
from pathlib import Path

from fanin.local.process import ports
from tests.contract.ask import Question
from tests.contract.models import MODELS, served
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


def test_a_table_of_sqlite_is_joined_with_an_api_in_every_execution_model(tmp_path: Path) -> None:
    """The file of the database is in the bundles, where it is only read."""
    port = ports.free()
    run = Run(copied(tmp_path), port, "customer")
    run.wait_until(lambda: "Ctrl-C ends everything" in run.said)
    asks = served(f"http://127.0.0.1:{port}")
    replies = {model: asks[model](Question("/customers/7", "since=2026-11-05")) for model in MODELS}
    orders = {model: reply.body["orders"] for model, reply in replies.items()}
    assert {reply.headers["fanin-complete"] for reply in replies.values()} == {"?1"}
    assert orders == dict.fromkeys(MODELS, orders["gateway"])
    assert orders["gateway"][0]["product"] == {"title": "Assam", "price": 499}
    assert run.end(signal.SIGINT) == 0
    run.assert_nothing_is_left()
