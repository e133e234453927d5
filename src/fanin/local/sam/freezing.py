"""fanin.toml read and checked at build time, so that no cold start does it: see fanin.config.frozen.

Usage, from the Makefiles of functions and layers:
python -m fanin.local.sam.freezing stamp FOLDER, where the package is; or: freeze FOLDER, where fanin.toml is.
"""

import os
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from fanin.config import load
from fanin.config.files import files_of
from fanin.config.finding import ConfigError
from fanin.config.frozen import NAME, STAMP, frozen
from fanin.local.layout import PACKAGE

_LEFT_OUT = ("cli", "testing", "local")
"""Folders of the package that are in no bundle."""


@cache
def stamp() -> str:
    """Give the hash of the package, as far as it is in bundles."""
    digest = sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE)
        if name.parts[0] not in _LEFT_OUT:
            digest.update(f"{name.as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def freeze(folder: Path) -> None:
    """Write down the configuration that a bundle has, as the environment's variables have it read.

    Nothing is written of one that cannot be served: the function says what is wrong with it.
    """
    file = folder / "fanin.toml"
    try:
        config = load(file, os.environ)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return
    data = {database.url.path for database in config.databases.values()}
    made_from = [path for path in files_of(file) if path not in data]
    (folder / NAME).write_bytes(frozen(config, made_from, folder, os.environ, stamp()))


def main() -> int:
    """Do what the command line says."""
    match sys.argv[1:]:
        case ["stamp", folder]:
            (Path(folder) / "config" / STAMP).write_text(stamp())
        case ["freeze", folder]:
            freeze(Path(folder))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
