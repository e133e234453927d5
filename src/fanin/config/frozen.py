"""A fanin.toml as a build leaves it in a bundle: read and checked, so that a cold start need do neither.

It is what `pickle` writes of the typed configuration, and is loaded from the folder of the function's own code only.
What it was made from stands before it. If anything of that is not as it was, the file itself is read.
"""

import pickle
from collections.abc import Iterable, Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pydantic

from fanin.config.format import Config

NAME = "fanin.frozen"
"""The file beside fanin.toml."""
STAMP = "package.sha256"
"""The file beside this module that a build leaves in a bundle: a hash of the package."""
_VARIABLES = "FANIN_VAR"
"""What the names of the environment's variables begin with that change what is read."""
_TOGETHER = "FANIN_VARIABLES"
"""One of them, which templates set, empty if there is nothing to say."""


def frozen(config: Config, files: Iterable[Path], folder: Path, environment: Mapping[str, str], stamp: str) -> bytes:
    """Write a configuration down.

    Args:
        config: what was read.
        files: all files that it was read from.
        folder: that of fanin.toml, below which they are.
        environment: what it was read with.
        stamp: the hash of the package that will load it.

    Raises:
        Exception: a value of it cannot be pickled.
    """
    made_from = _made_from(sorted(file.relative_to(folder).as_posix() for file in files), config.include, folder)
    head = orjson.dumps(_surroundings(environment, stamp) | {"include": config.include, "files": made_from})
    written = BytesIO()
    _Pickler(written, folder).dump(config)
    return head + b"\n" + written.getvalue()


def thawed(folder: Path, environment: Mapping[str, str]) -> Config | None:
    """Give the configuration that a build has left in a folder; None if there is none, or one of something else.

    Args:
        folder: that of the function's code.
        environment: the function's.
    """
    try:
        stamp = Path(__file__).with_name(STAMP).read_text()
        content = (folder / NAME).read_bytes()
        head, _, pickled = content.partition(b"\n")
        told = orjson.loads(head)
        files, include = told.pop("files"), told.pop("include")
        if told != _surroundings(environment, stamp) or files != _made_from(files, include, folder):
            return None
    except OSError:
        return None
    config: Config = _Unpickler(BytesIO(pickled), folder).load()
    return config


def _surroundings(environment: Mapping[str, str], stamp: str) -> dict[str, Any]:
    variables = {name: value for name, value in environment.items() if name.startswith(_VARIABLES)}
    if not variables.get(_TOGETHER):
        variables.pop(_TOGETHER, None)
    return {"package": stamp, "pydantic": pydantic.VERSION, "variables": variables}


def _made_from(names: Iterable[str], include: Iterable[str], folder: Path) -> dict[str, str]:
    """Give the hash of each file, and of each that is included now; a name that is not there is a file that differs."""
    included = (file.relative_to(folder).as_posix() for glob in include for file in folder.glob(glob))
    return {name: sha256((folder / name).read_bytes()).hexdigest() for name in dict.fromkeys((*names, *included))}


class _Pickler(pickle.Pickler):
    """Writes paths as they are seen from the folder of fanin.toml, which is another one in Lambda."""

    def __init__(self, file: BytesIO, folder: Path) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._folder = folder

    def persistent_id(self, value: object) -> str | None:
        """Give a path's place below the folder; None for any other value."""
        return value.relative_to(self._folder).as_posix() if isinstance(value, Path) else None


class _Unpickler(pickle.Unpickler):
    """Reads what `_Pickler` writes."""

    def __init__(self, file: BytesIO, folder: Path) -> None:
        super().__init__(file)
        self._folder = folder

    def persistent_load(self, place: str) -> Path:
        """Give the path of a place."""
        return self._folder / place
