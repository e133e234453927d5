"""The files that projects are made of: those of this repository, or their copies in an installed package.

Read by any Python 3 from 3.9 on, out of a wheel, too.
"""

import zipfile
from pathlib import Path

_WITHIN = "fanin/local/project/data"
_PACKAGED = Path(__file__).resolve().with_name("data")
_FILES = (
    ".python-version",
    "fanin.schema.json",
    "requirements.in",
    "requirements/emulator.txt",
    "requirements/jwt.txt",
    "requirements/project.txt",
    "requirements/sam.txt",
    "requirements/schema.txt",
    "requirements/uv.txt",
    "samconfig.toml",
    "template.yaml",
)
_FOLDERS = ("events", "functions", "layers", "tests/project")


def text(name: str) -> str:
    """Read a file.

    Args:
        name: its path from the repository's root, with slashes.

    Raises:
        OSError: the package lacks it.
        KeyError: the wheel lacks it.
    """
    archive = getattr(globals().get("__loader__"), "archive", None)
    if archive:
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(f"{_WITHIN}/{name}").decode()
    return (_root() / name).read_text(encoding="utf-8")


def everything() -> "list[str]":
    """Name every file from the repository's root, but for what Python keeps beside it."""
    return sorted([*_FILES, *(name for folder in _FOLDERS for name in below(folder))])


def below(folder: str) -> "list[str]":
    """Name the files below a folder from the repository's root, but for what Python keeps there."""
    files = (path for path in (_root() / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(path.relative_to(_root()).as_posix() for path in files)


def _root() -> Path:
    return _PACKAGED if _PACKAGED.is_dir() else Path(__file__).resolve().parents[4]
