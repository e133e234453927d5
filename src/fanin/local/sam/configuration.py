"""What goes into bundles for fanin.toml: its files, and the libraries that it needs."""

import shutil
from pathlib import Path

from fanin.config.files import files_of, needs_jwt, needs_schemas
from fanin.local.layout import CONFIGURATION


def copy(folder: Path, file: Path = CONFIGURATION) -> None:
    """Copy a fanin.toml, and all that it is made of, into a folder, each to its place beside it."""
    for path in files_of(file):
        to = folder / path.relative_to(file.parent)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)


def requirements(file: Path = CONFIGURATION) -> list[str]:
    """Name the locks in requirements/ of what a fanin.toml needs beyond the locks of layers."""
    needed = {"schema.txt": needs_schemas(file), "jwt.txt": needs_jwt(file)}
    return [lock for lock, needs in needed.items() if needs]
