"""`fanin upgrade`: what an older fanin wrote is brought up, and nothing of the owner's is lost."""

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fanin.cli import app
from fanin.local.process.console import Problem
from fanin.local.project import new, upgrade, wheel
from fanin.local.project.wheel import Wheel

NEWER = Wheel("fanin-0.2.0-py3-none-any.whl", b"newer")
LINES = "".join(f"line {number}\n" for number in range(20))
OLD = {
    "same.txt": b"1\n",
    "left-alone.txt": b"old\n",
    "both.txt": LINES.encode(),
    "clash.txt": b"old\n",
    "owners.txt": b"old\n",
    "not-needed.txt": b"old\n",
    "not-needed-but-changed.txt": b"old\n",
    "thrown-away.txt": b"old\n",
    "binary.db": b"\xff\x00",
}
MINE = {
    **OLD,
    "both.txt": LINES.replace("line 1\n", "my line\n").encode(),
    "clash.txt": b"mine\n",
    "owners.txt": b"mine\n",
    "not-needed-but-changed.txt": b"mine\n",
    "wheels/fanin-0.1.0-py3-none-any.whl": b"older",
    "wheel-of-mine.txt": b"mine\n",
}
del MINE["thrown-away.txt"]
NEW = {
    "same.txt": b"1\n",
    "left-alone.txt": b"new\n",
    "both.txt": LINES.replace("line 18\n", "their line\n").encode(),
    "clash.txt": b"new\n",
    "owners.txt": b"old\n",
    "thrown-away.txt": b"new\n",
    "added/run.sh": b"#!/bin/sh\n",
    "binary.db": b"\xff\x01",
    "fanin.toml": b"fanin = 2\n",
    f"wheels/{NEWER.name}": NEWER.content,
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project that an older fanin wrote, and that its owner has changed."""
    files = {
        **MINE,
        "samconfig.toml": b'[dev.deploy.parameters]\nstack_name = "my-shop-dev"\n',
        "template.yaml": b"".join(
            b"# --- PART: %b\n# --- END: %b\n" % (name, name) for name in (b"jobs", b"streaming")
        ),
        "fanin.toml": b"fanin = 1\n",
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)

    def written_by(older: Path, name: str, wanted: tuple[str, ...]) -> Mapping[str, bytes]:
        assert (name, wanted) == ("my-shop", ("jobs",))
        return {**OLD, f"wheels/{older.name}": b"older", "fanin.toml": b"fanin = 1\n"}

    def newer(name: str, wanted: tuple[str, ...], wheel: Wheel, on: frozenset[str]) -> Mapping[str, bytes]:
        assert (name, wanted, wheel, on) == ("my-shop", ("jobs", "streaming"), NEWER, frozenset({"jobs"}))
        return NEW

    monkeypatch.setattr(upgrade, "_written_by", written_by)
    monkeypatch.setattr(upgrade, "_parts_of", lambda _: frozenset({"jobs"}))
    monkeypatch.setattr(new, "files", newer)
    monkeypatch.setattr(wheel, "of_this", lambda: NEWER)
    return tmp_path


def _upgrade(project: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["upgrade", str(project), *options])
    return done.exit_code, done.output


def _held(project: Path) -> dict[str, bytes]:
    files = (file for file in project.rglob("*") if file.is_file())
    return {file.relative_to(project).as_posix(): file.read_bytes() for file in files}


def test_every_file_becomes_what_is_right_for_it(project: Path) -> None:
    before = _held(project)
    code, said = _upgrade(project)
    after = _held(project)
    assert {path: after.get(path) for path in {*before, *after} if before.get(path) != after.get(path)} == {
        "left-alone.txt": b"new\n",
        "both.txt": LINES.replace("line 1\n", "my line\n").replace("line 18\n", "their line\n").encode(),
        "clash.txt.new": b"new\n",
        "not-needed.txt": None,
        "added/run.sh": b"#!/bin/sh\n",
        "binary.db": b"\xff\x01",
        f"wheels/{NEWER.name}": b"newer",
        "wheels/fanin-0.1.0-py3-none-any.whl": None,
    }
    assert code == 3, "one file is for the owner to look at"
    assert "clash.txt: both of us changed it at the same place: see clash.txt.new" in said
    assert "-old\n+new\n" in said
    assert (project / "added/run.sh").stat().st_mode & 0o100


def test_what_is_done_is_not_done_again(project: Path) -> None:
    _upgrade(project)
    before = _held(project)
    assert _upgrade(project) == (0, "nothing to do: the project uses this fanin\n")
    assert _held(project) == before


def test_a_dry_run_writes_nothing(project: Path) -> None:
    before = _held(project)
    code, said = _upgrade(project, "--dry-run")
    assert (code, _held(project)) == (3, before)
    assert said.endswith("nothing was written\n")


def test_without_git_what_both_changed_is_put_beside(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    _upgrade(project)
    assert (project / "both.txt").read_bytes() == MINE["both.txt"]
    assert (project / "both.txt.new").read_bytes() == NEW["both.txt"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"samconfig.toml": b""}, "has no stack_name such as"),
        ({"wheels/fanin-0.0.9-py3-none-any.whl": b"x"}, "has 2 wheels of fanin"),
    ],
)
def test_what_is_no_project_is_refused(project: Path, broken: dict[str, bytes], said: str) -> None:
    for path, content in broken.items():
        (project / path).write_bytes(content)
    before = _held(project)
    code, told = _upgrade(project)
    assert (code, said in " ".join(told.split()), _held(project)) == (1, True, before)


def test_a_wheel_that_cannot_say_what_it_wrote_is_named(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("fanin/__init__.py", "raise SystemExit('broken')")
    (older := tmp_path / "fanin-0.0.1-py3-none-any.whl").write_bytes(content.getvalue())
    with pytest.raises(Problem, match=r"fanin-0\.0\.1-py3-none-any\.whl cannot say what it had written"):
        upgrade._written_by(older, "shop", ())


def test_a_folder_without_a_project_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="here: upgrade works in the folder of a project of fanin new"):
        wheel.in_project(tmp_path)
