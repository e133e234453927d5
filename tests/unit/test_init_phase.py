"""What functions collect while they are imported: nothing."""

import os
import subprocess
import sys

import pytest

from fanin.local.layout import ROOT

FUNCTIONS = sorted(folder.name for folder in (ROOT / "functions").iterdir() if (folder / "app.py").exists())
ENVIRONMENT = {
    **dict.fromkeys(("FANIN_TABLE", "FANIN_QUEUE", "FANIN_CONNECTIONS", "FANIN_TURNS"), "none"),
    **dict.fromkeys(("FANIN_JOBS", "FANIN_JOBS_QUEUE", "FANIN_JOBS_BUCKET", "FANIN_DEAD_LETTERS"), "none"),
    **dict.fromkeys(("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "none"),
    **dict.fromkeys(("FANIN_POST", "FANIN_URL"), "https://none.example"),
    "FANIN_CONFIG": str(ROOT / "fanin.toml"),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_garbage_is_collected_until_the_handler_is_there(name: str) -> None:
    """Nor later among what there was by then; and seldom among what came since, but for Django, which leaves cycles."""
    script = (
        "import gc\n"
        "collections = lambda: sum(generation['collections'] for generation in gc.get_stats())\n"
        "before = collections()\n"
        "import app\n"
        "assert collections() - before <= 1, collections() - before\n"  # until fanin itself is imported
        "assert gc.isenabled() and gc.get_freeze_count() > 10_000\n"
        f"assert (gc.get_threshold()[0] == 50_000) is {name != 'django'}\n"
        "assert callable(app.handler)\n"
    )
    folder = ROOT / "functions" / name
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, cwd=folder, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
