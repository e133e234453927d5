"""The wheel and the sdist: whole, equal, and of use in an environment that has nothing else."""

import subprocess
import tarfile
import zipfile
from pathlib import Path

from fanin.local.layout import ROOT
from fanin.local.project import data
from tests.slow.dists import built, installed


def test_the_wheel_has_the_package_and_what_projects_are_made_of(dists: Path) -> None:
    (wheel,) = dists.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "ls-files", "src/fanin"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name.removeprefix("src/") for name in tracked.stdout.split()} <= names
    assert {f"fanin/local/project/data/{name}" for name in data.everything()} <= names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_wheel_of_the_sdist_is_the_wheel(dists: Path, tmp_path: Path) -> None:
    (sdist,), (wheel,) = dists.glob("*.tar.gz"), dists.glob("*.whl")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (again,) = built(next(tmp_path.iterdir()), tmp_path / "again").glob("*.whl")
    assert again.read_bytes() == wheel.read_bytes()


def test_the_command_works_in_an_environment_of_its_own(dists: Path, tmp_path: Path) -> None:
    fanin = installed(dists, tmp_path / "environment", "cli")
    said = subprocess.run([fanin, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.startswith("fanin ")
    (tmp_path / "fanin.toml").write_text(
        'fanin = 1\n[sources.a]\nvalue = 1\n[endpoints.a]\npath = "/a"\nsources = ["a"]\n'
    )
    checked = subprocess.run([fanin, "check"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_without_its_extra_the_command_says_what_it_needs(dists: Path, tmp_path: Path) -> None:
    fanin = installed(dists, tmp_path / "environment")
    said = subprocess.run([fanin, "--version"], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (1, "fanin: the command needs typer. Install fanin[cli].\n")
