"""fanin.toml read and checked at build time, so that no cold start does it: see fanin.config.frozen."""

import os
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from fanin.config import load
from fanin.config.files import files_of
from fanin.config.finding import ConfigError
from fanin.config.frozen import NAME, frozen
from fanin.config.variables import TOGETHER
from fanin.local.layout import PACKAGE

LEFT_OUT: Final = ("cli", "testing", "local")
"""Folders of the package that are in no bundle."""


@cache
def stamp() -> str:
    """Give the hash of the package, as far as it is in bundles."""
    digest = sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE)
        if name.parts[0] not in LEFT_OUT:
            digest.update(f"{name.as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def freeze(folder: Path) -> None:
    """Write down the configuration that a bundle has, as `FANIN_VARIABLES` has it read.

    Nothing is written of one that cannot be served: the function says what is wrong with it.
    """
    file, environment = folder / "fanin.toml", {TOGETHER: os.environ.get(TOGETHER, "")}
    try:
        config = load(file, environment)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return
    data = {database.url.path for database in config.databases.values()}
    made_from = [path for path in files_of(file) if path not in data]
    (folder / NAME).write_bytes(frozen(config, made_from, folder, environment, stamp()))
