"""Projects with parts that a newcomer asks for, each set up, served, tested and asked; and the one of `sam init`."""

import json
import subprocess
from pathlib import Path

import psycopg
import pytest

from fanin.local.layout import SAM
from tests.slow import postgresql, projects
from tests.slow.projects import Project


@pytest.mark.parametrize(
    "wanted",
    [
        ("websocket", "ci"),
        ("streaming", "database"),
        ("jobs", "websocket", "streaming", "database", "contrast", "ci"),
    ],
    ids=",".join,
)
def test_a_project_has_the_parts_that_it_asked_for(
    wanted: tuple[str, ...], fanin: Path, place: Path, home: Path
) -> None:
    projects.proven(projects.new(fanin, place / "-".join(wanted), wanted, home), wanted)


def test_a_database_on_a_server_answers_in_every_function_by_the_drivers_of_the_layer(
    fanin: Path, place: Path, home: Path
) -> None:
    """Only the URL changes; without the switch nothing is built."""
    project = projects.new(fanin, place / "server", ("database", "contrast"), home)
    with postgresql.server() as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute((project.folder / "shop.sql").read_text())
        configuration, settings = project.folder / "fanin.toml", project.folder / "samconfig.toml"
        url = f'url = "{server.url}"\nprivate = true\ntls = "off"\n'
        configuration.write_text(configuration.read_text().replace('url = "sqlite:shop.db"\n', url))
        before = settings.read_text()
        settings.write_text(before.replace('"Database=on"', '"Database=off"'))
        with pytest.raises(AssertionError, match="have no driver for a database"):
            project.make("build", "ENV=local")
        settings.write_text(before)
        with project.served("run", "Ctrl-C ends everything") as served:
            models = ("", "/threads", "/sync", "/sync-threads", "/django", "/django/async")
            answers = {model: json.loads(projects.asked(f"{served}{model}/stock?at_least=40")) for model in models}
    assert [answer["stock"] for answer in answers.values()] == [[{"sku": "tea", "amount": 40}]] * len(models)


def test_sam_init_makes_the_same_project(fanin: Path, place: Path, home: Path) -> None:
    """Of a cookiecutter folder, which is written from the same files; the workflow has braces of its own."""
    place.mkdir(exist_ok=True)
    environment = Project(place, home).environment | {"SAM_CLI_TELEMETRY": "0", "HOME": str(place)}
    commands: tuple[list[str | Path], ...] = (
        [fanin, "new", "--cookiecutter", "for-sam", "--with", "jobs,database,ci"],
        [fanin, "new", "by-fanin", "--name", "shop", "--with", "jobs,database,ci"],
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
