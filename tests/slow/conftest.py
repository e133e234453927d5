"""`make serve`, as its own tests have it; and the wheel, built and installed as a user does."""

from pathlib import Path

import pytest

from fanin.local.layout import ROOT
from tests.server.conftest import admin, functions, mark, url
from tests.slow import dists as building

__all__ = ["admin", "functions", "mark", "url"]


@pytest.fixture(scope="session")
def dists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist."""
    return building.built(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def fanin(dists: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, in an environment of its own."""
    return building.installed(dists, tmp_path_factory.mktemp("installed") / "environment", "cli")


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
