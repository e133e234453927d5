"""The files of each example: fanin.toml, upstream.toml, and a README with what `make call` prints."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from fanin.local.layout import ROOT
from fanin.local.upstream import fakes, script_file
from tests.cli.conftest import Run

EXAMPLES = sorted(file.parent for file in ROOT.glob("examples/*/fanin.toml"))
_CALLS = re.compile(r'\$ make call EXAMPLE=(\S+) ASK="([^"]+)"\n(.*?)(?=…\n|\n```)', re.DOTALL)


def _calls(folder: Path) -> list[tuple[str, str, str]]:
    return _CALLS.findall((folder / "README.md").read_text())


@pytest.fixture(params=EXAMPLES, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    """Each example's folder."""
    found: Path = request.param
    return found


@pytest.fixture
def over_fakes(folder: Path, run: Run) -> Iterator[Run]:
    """Run the command over the example's fakes, as `make call` does."""
    with fakes.serving(folder / script_file.NAME) as running:
        yield partial(run, **running.environment, FANIN_CONFIG=str(folder / "fanin.toml"))


def test_what_it_prints_is_what_is_printed(folder: Path, over_fakes: Run) -> None:
    """From the first line on, as far as it is shown."""
    calls = _calls(folder)
    assert calls
    for name, asked, shown in calls:
        assert name == folder.name
        ran = over_fakes("call", *shlex.split(asked))
        lines = shown.rstrip().splitlines()
        assert ran.output.splitlines()[: len(lines)] == lines, ran.messages


def test_its_file_is_short_and_without_findings(folder: Path, over_fakes: Run) -> None:
    """No warning either."""
    assert len((folder / "fanin.toml").read_text().splitlines()) < 60
    checked = over_fakes("check", "--strict", str(folder / "fanin.toml"))
    assert checked.code == 0, checked.output


def test_editors_find_nothing_wrong(folder: Path) -> None:
    """By the schema that the file's first line names."""
    text = (folder / "fanin.toml").read_text()
    schema = folder / text.splitlines()[0].removeprefix("#:schema ")
    errors = Draft7Validator(json.loads(schema.read_text())).iter_errors(tomllib.loads(text))
    assert [error.message for error in errors] == []


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
