"""Each example's README, and what `make call` prints."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from fanin.local.layout import ROOT
from fanin.local.upstream import script_file

EXAMPLES = sorted(file.parent for file in ROOT.glob("examples/*/fanin.toml"))
_CALLS = re.compile(r'\$ make call EXAMPLE=(\S+) ASK="([^"]+)"\n(.*?)(?=…\n|\n```)', re.DOTALL)


def _calls(folder: Path) -> list[tuple[str, str, str]]:
    return _CALLS.findall((folder / "README.md").read_text())


def _over_fakes(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FANIN_")}
    fakes = [sys.executable, "-m", "fanin.local.upstream.fakes", str(folder)]
    command = [*fakes, sys.executable, "-m", "fanin.cli", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_what_it_prints_is_what_is_printed(folder: Path) -> None:
    """From the first line on, as far as it is shown."""
    calls = _calls(folder)
    assert calls
    for name, asked, shown in calls:
        assert name == folder.name
        ran = _over_fakes(folder, "call", *shlex.split(asked))
        lines = shown.rstrip().splitlines()
        assert ran.stdout.splitlines()[: len(lines)] == lines, ran.stderr


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_its_file_is_short_and_without_findings(folder: Path) -> None:
    """No warning either."""
    assert len((folder / "fanin.toml").read_text().splitlines()) < 60
    checked = _over_fakes(folder, "check", "--strict", str(folder / "fanin.toml"))
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_editors_find_nothing_wrong(folder: Path) -> None:
    """By the schema that the file's first line names."""
    text = (folder / "fanin.toml").read_text()
    schema = folder / text.splitlines()[0].removeprefix("#:schema ")
    errors = Draft7Validator(json.loads(schema.read_text())).iter_errors(tomllib.loads(text))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_its_readme_is_short(folder: Path) -> None:
    assert 10 <= len((folder / "README.md").read_text().splitlines()) <= 30


def test_every_example_is_in_the_table() -> None:
    table = (ROOT / "examples/README.md").read_text()
    for folder in EXAMPLES:
        assert f"| [{folder.name}]({folder.name}) |" in table


def test_the_documented_fakes_are_those_of_the_module() -> None:
    """The page shows the same file as the docstring."""
    documented = (script_file.__doc__ or "").split("\n\n", 1)[1].rsplit("\n\n", 1)[0]
    block = (ROOT / "examples/README.md").read_text().split("```toml\n")[1].split("```")[0]
    assert [line.strip() for line in documented.splitlines()] == block.splitlines()
