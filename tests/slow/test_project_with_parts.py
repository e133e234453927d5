"""Projects with parts that a newcomer asks for, each set up, served, tested and asked; and the one of `sam init`."""

import subprocess
from pathlib import Path

import pytest

from fanin.local.layout import SAM
from tests.slow import projects
from tests.slow.projects import Project


@pytest.mark.parametrize(
    "wanted", [("jobs",), ("websocket", "ci"), ("jobs", "websocket", "contrast", "ci")], ids=",".join
)
def test_a_project_has_the_parts_that_it_asked_for(
    wanted: tuple[str, ...], fanin: Path, place: Path, home: Path
) -> None:
    projects.proven(projects.new(fanin, place / "-".join(wanted), wanted, home), wanted)


def test_sam_init_makes_the_same_project(fanin: Path, place: Path, home: Path) -> None:
    """Of a cookiecutter folder, which is written from the same files; the workflow has braces of its own."""
    place.mkdir(exist_ok=True)
    environment = Project(place, home).environment | {"SAM_CLI_TELEMETRY": "0", "HOME": str(place)}
    commands: tuple[list[str | Path], ...] = (
        [fanin, "new", "--cookiecutter", "for-sam", "--with", "jobs,ci"],
        [fanin, "new", "by-fanin", "--name", "shop", "--with", "jobs,ci"],
        [SAM, "init", "--location", place / "for-sam", "--no-input", "--output-dir", place / "by-sam"],
    )
    for command in commands:
        subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True, timeout=projects.WITHIN)
    made, other = _contents(place / "by-fanin"), _contents(place / "by-sam/shop")
    assert made.keys() == other.keys()
    assert {path for path, content in made.items() if other[path] != content} == set()
    assert b"${{ vars.AWS_ROLE }}" in made[".github/workflows/deploy.yml"]


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
