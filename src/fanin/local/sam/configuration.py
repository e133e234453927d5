"""What goes into the bundles of fanin.toml: its files, what they come to, the libraries that it needs, and the package.

Usage, from the Makefiles of functions and layers:
python -m fanin.local.sam.configuration copy FOLDER | requirements | package | stamp FOLDER
"""

import shutil
import sys
from pathlib import Path

from fanin.config.files import files_of, needs_jwt, needs_schemas
from fanin.config.frozen import STAMP
from fanin.local.layout import CONFIGURATION, PACKAGE
from fanin.local.sam.freezing import freeze, stamp


def copy(folder: Path, file: Path = CONFIGURATION) -> None:
    """Copy a fanin.toml, and all that it is made of, into a folder, each to its place beside it."""
    for path in files_of(file):
        to = folder / path.relative_to(file.parent)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)


def requirements(file: Path = CONFIGURATION) -> list[str]:
    """Name the locks, beside those of each layer, of what a fanin.toml needs."""
    needed = {"schema.txt": needs_schemas(file), "jwt.txt": needs_jwt(file)}
    return [lock for lock, needs in needed.items() if needs]


def main() -> int:
    """Do what the command line says."""
    match sys.argv[1:]:
        case ["copy", folder]:
            copy(Path(folder))
            freeze(Path(folder))
        case ["requirements"]:
            print(*requirements())
        case ["package"]:
            print(PACKAGE)
        case ["stamp", folder]:
            (Path(folder) / "config" / STAMP).write_text(stamp())
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
