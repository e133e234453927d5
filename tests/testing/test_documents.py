"""docs/testing.md, docs/handlers.md and the README's test at work: their code runs as it is printed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fanin.local.layout import ROOT


def _code(document: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Write what the documents tell to write, into a folder with this repository's fanin.toml."""
    warmer, _, *more = _code("docs/handlers.md")
    imports = "from fastapi import HTTPException\nfrom fanin.errors import SourceError\n"
    imports += "from fanin.entrypoints.fastapi.sources import Sources\n"
    (tmp_path / "warmer.py").write_text("\n\n".join([warmer, imports, *more]))
    (tmp_path / "test_endpoints.py").write_text("\n\n".join(_code("docs/testing.md")))
    (tmp_path / "test_readme.py").write_text(_code("README.md")[-1])
    (tmp_path / "fanin.toml").write_bytes((ROOT / "fanin.toml").read_bytes())
    return tmp_path


def test_the_tests_of_the_documents_pass(written: Path) -> None:
    """Every one of them, without a warning."""
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    ran = subprocess.run(command, check=False, cwd=written, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    written_tests = re.findall(
        r"^def test_", "".join(file.read_text() for file in written.glob("test_*.py")), re.MULTILINE
    )
    assert f"{len(written_tests) + 1} passed" in ran.stdout  # one of them for both functions
