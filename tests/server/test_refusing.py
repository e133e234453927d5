"""A server that cannot be: what it says, and that it says nothing else."""

import os
import subprocess
import sys
from pathlib import Path

from fanin.local.layout import ROOT

FILE = """fanin = 1
caller = "partners"
[callers.partners]
keys = {}
[sources.thing]
value = 7
[endpoints.thing]
path = "/thing"
sources = ["thing"]
"""


def test_what_only_the_environment_can_say_is_asked_for_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "fanin.toml").write_text(FILE)
    given = {
        "PORT": "0",
        "LIVE": "1",
        "FANIN_CONFIG": str(tmp_path / "fanin.toml"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'calls.sqlite3'}",
        "PYTHONPATH": os.pathsep.join(["functions/gateway", "functions/django"]),
    }
    environment = {name: value for name, value in os.environ.items() if name != "FANIN_KEYS"}
    ended = subprocess.run(
        [sys.executable, "-m", "server"],
        cwd=ROOT,
        env={**environment, **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert (ended.returncode, "Traceback" in said) == (1, False)
    assert "[missing-keys]" in said
    assert "Set FANIN_KEYS" in said
