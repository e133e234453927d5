"""A newcomer's project: written from the wheel, set up, served, tested, and asked."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fanin.local.layout import ROOT
from tests.slow import projects
from tests.slow.projects import Project

_HANDLER = """

@router.get("/loop")
async def loop() -> str:
    import sniffio
    return sniffio.current_async_library()
"""


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


def test_each_change_is_served_once_and_no_request_is_refused_meanwhile(plain: Project) -> None:
    """Observed by the line that tells of a change, and by a client that asks all the time."""
    configuration, log = plain.folder / "fanin.toml", plain.folder / "served.log"
    before, greetings, over = configuration.read_text(), list[bytes](), threading.Event()
    with plain.served("serve", "Ctrl-C ends everything") as url, ThreadPoolExecutor() as pool:

        def ask() -> None:
            while not over.is_set():
                greetings.append(projects.asked(f"{url}/hello/Ada"))  # raises where it is refused

        asking = pool.submit(ask)
        try:
            for number in range(1, 4):
                configuration.write_text(before.replace('version = "0.1.0"', f'version = "0.0.{number}"'))
                _until(lambda: log.read_text().count("changed: fanin.toml; served after") == number)  # noqa: B023
                assert f'"version":"0.0.{number}"'.encode() in projects.asked(f"{url}/openapi.json")
        finally:
            over.set()
        asking.result()
        assert log.read_text().count("changed:") == 3
    assert {b"Hello, Ada!" in greeting for greeting in greetings} == {True}
    configuration.write_text(before)


def test_a_mistake_in_upstream_toml_is_named_and_the_fakes_go_on(plain: Project) -> None:
    upstream = plain.folder / "upstream.toml"
    before = upstream.read_text()
    with plain.served("serve", "Ctrl-C ends everything") as url:
        upstream.write_text(before + "\nfoo = 1\n")
        _until(lambda: "The old version goes on serving" in (plain.folder / "served.log").read_text())
        assert b"Hello, Ada!" in projects.asked(f"{url}/hello/Ada")
        upstream.write_text(before)


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
