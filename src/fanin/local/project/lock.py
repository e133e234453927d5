"""The locks of a project: the packages of requirements.in for the gateway's layer, and what its commands install.

Usage: python -m fanin.local.project.lock [--upgrade]
"""

import re
import subprocess
import sys
import tempfile
from importlib.metadata import requires
from pathlib import Path
from typing import Final

from fanin.local.layout import ROOT, UV
from fanin.local.process.console import Console, Problem
from fanin.local.project import data, new, setup
from fanin.local.project.wheel import Wheel, in_project

_GATEWAY: Final = ROOT / "layers/gateway/requirements.txt"
_EXTRA: Final = re.compile(r'; extra == "gateway"$|; extra == \'gateway\'$')


def main() -> int:
    """Write both locks; 0 if that went well, 1 if they cannot be resolved, which uv has then said the reason of."""
    console = Console()
    try:
        _write(_GATEWAY, _resolved(upgrade="--upgrade" in sys.argv[1:]), console)
        used = in_project(ROOT)
        _write(ROOT / setup.DEVELOPMENT, new.lock(Wheel(used.name, used.read_bytes())), console)
    except Problem as problem:
        console.fail(str(problem))
        return 1
    return 0


def _resolved(*, upgrade: bool) -> str:
    """Resolve what the gateway imports: the package's own needs, and requirements.in.

    Raises:
        Problem: this is no project, or there is no resolution.
    """
    if not (ROOT / setup.DEVELOPMENT).is_file():
        raise Problem("There is no requirements.dev.txt here. In the repository of fanin itself, run make lock.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        needs, known, fresh = folder / "fanin.in", folder / "known.txt", folder / "requirements.txt"
        needs.write_text("\n".join(_needs()))
        known.write_text(data.text("requirements/project.txt"))
        fresh.write_text(_GATEWAY.read_text())
        command: list[str | Path] = [UV, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"]
        command += ["--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--python", sys.executable]
        command += ["--python-version", "3.13", "--constraint", known, "--output-file", fresh]
        command += [needs, ROOT / "requirements.in", *(["--upgrade"] if upgrade else [])]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise Problem("The packages of requirements.in cannot be locked together with what fanin needs.")
        return fresh.read_text()


def _needs() -> list[str]:
    """Name what the package needs, and its extra for the gateway."""
    return [_EXTRA.sub("", line) for line in requires("fanin") or () if "extra ==" not in line or _EXTRA.search(line)]


def _write(path: Path, content: str, console: Console) -> None:
    if path.read_text() != content:
        path.write_text(content)
        console.say(f"  {path.relative_to(ROOT)} is new")


if __name__ == "__main__":
    sys.exit(main())
