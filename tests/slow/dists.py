"""The wheel and the sdist, built, and installed as a user does."""

import subprocess
import sys
from pathlib import Path

from fanin.local.layout import ROOT, UV


def built(repository: Path, into: Path) -> Path:
    """Build the wheel and the sdist of a repository, or of an sdist, into a folder, and give the folder."""
    command: list[str | Path] = [sys.executable, "-m", "hatchling", "build", "-d", into]
    subprocess.run(command, cwd=repository, capture_output=True, check=True)
    return into


def installed(dists: Path, environment: Path, extra: str = "") -> Path:
    """Install a wheel, in the versions that are locked here, into an environment, and give its command."""
    (wheel,) = dists.glob("*.whl")
    python = (ROOT / ".tools/python").read_text().strip()
    subprocess.run([UV, "venv", "--quiet", "--python", python, environment], check=True)
    wanted = f"{wheel}[{extra}]" if extra else str(wheel)
    constraint: list[str | Path] = ["--constraint", ROOT / "requirements/dev.txt"]
    subprocess.run([UV, "pip", "install", "--quiet", "--python", environment, *constraint, wanted], check=True)
    return environment / "bin/fanin"
