"""A newcomer's project: written from the wheel, set up, served, tested, and asked."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from fanin.local.layout import ROOT, SAM
from tests.slow import postgresql, projects
from tests.slow.projects import Project

_HANDLER = """

@router.get("/loop")
async def loop() -> str:
    import sniffio
    return sniffio.current_async_library()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path with a space and an umlaut, outside the repository."""
    return tmp_path_factory.mktemp("projects") / "Meine Lädchen"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder that takes nothing, not even from root: it is below a file."""
    file = tmp_path_factory.mktemp("homes") / "file"
    file.touch()
    return file / "home"


@pytest.fixture(scope="module")
def plain(fanin: Path, place: Path, home: Path) -> Project:
    return projects.new(fanin, place / "shop", (), home)


def test_a_plain_project_is_served_in_the_embedded_aws_with_its_tests_and_smoke(plain: Project) -> None:
    projects.proven(plain, ())


def test_it_is_served_again_after_a_change(plain: Project) -> None:
    """A mistake is named, and the old version goes on serving. What the fakes answer can change, too."""
    configuration, upstream = plain.folder / "fanin.toml", plain.folder / "upstream.toml"
    before, answers = configuration.read_text(), upstream.read_text()
    with plain.served("serve", "Ctrl-C ends everything") as url:
        assert b"Hello, Ada!" in projects.asked(f"{url}/hello/Ada")
        configuration.write_text(before + "\nfoo = 1\n")
        _until(lambda: "unknown key" in (plain.folder / "served.log").read_text())
        assert b"Hello, Ada!" in projects.asked(f"{url}/hello/Ada")
        configuration.write_text(before.replace("{text: text,", "{text: text, mood: mood,"))
        _until(lambda: b"cheerful" in projects.asked(f"{url}/hello/Ada"))
        upstream.write_text(answers.replace("Hello", "Welcome"))
        _until(lambda: b"Welcome, Ada!" in projects.asked(f"{url}/hello/Ada"))
    configuration.write_text(before)
    upstream.write_text(answers)


def test_a_handler_imports_a_package_once_it_is_locked(plain: Project) -> None:
    handlers, wanted = plain.folder / "functions/gateway/handlers.py", plain.folder / "requirements.in"
    before = handlers.read_text(), wanted.read_text()
    wanted.write_text("sniffio\n")
    handlers.write_text(before[0] + _HANDLER)
    assert "layers/gateway/requirements.txt is new" in plain.make("lock")
    plain.make("setup")
    assert "sniffio==" in (plain.folder / "layers/gateway/requirements.txt").read_text()
    with plain.served("serve", "Ctrl-C ends everything") as url:
        assert projects.asked(f"{url}/loop") == b'"asyncio"'
    handlers.write_text(before[0])
    wanted.write_text(before[1])


@pytest.mark.parametrize(
    "wanted",
    [
        ("jobs",),
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


def test_no_command_of_it_needs_the_repository(plain: Project) -> None:
    for path in (".venv", ".tools", "build/local"):
        texts = (file for file in (plain.folder / path).rglob("*") if file.suffix in {".pth", ".py", ".toml", ".yaml"})
        assert not [file for file in texts if str(ROOT) in file.read_text(errors="replace")]


def test_a_project_that_was_moved_is_set_up_again(plain: Project) -> None:
    """Programs of an environment name the folder that they were installed in."""
    moved = plain.folder.rename(plain.folder.with_name("Umgezogen"))
    assert "2 passed" in Project(moved, Path(plain.environment["HOME"])).make("test")
    moved.rename(plain.folder)


def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + projects.WITHIN
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.1)
