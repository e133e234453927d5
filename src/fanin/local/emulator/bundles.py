"""Bundles in the embedded AWS: each is unpacked once, and every environment of a function gets links to its files.

The emulator unpacks the code and the layers of a function anew for each environment that it starts. Nothing writes to
them, as nothing can in AWS. This module is loaded into the emulator's interpreter, which has none of our packages.
"""

import contextlib
import hashlib
import importlib
import os
import shutil
import tempfile
import types
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

_KEPT = 16
"""How many bundles stay unpacked: those of the whole stack, and some that were replaced while it ran."""


def unpack_once() -> None:
    """Let the emulator take what it unpacked before."""
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    bundles = Bundles(Path(tempfile.mkdtemp(prefix="bundles-")))
    runtime.zipfile = types.SimpleNamespace(**(vars(zipfile) | {"ZipFile": bundles.opened}))


class Bundle:
    """A bundle that is unpacked, as the emulator uses a `zipfile.ZipFile`.

    Args:
        folder: where its files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def namelist(self) -> Sequence[str]:
        """Name no entry: the emulator looks for those that lead elsewhere, and none of what is unpacked does."""
        return ()

    def extractall(self, path: str) -> None:
        """Put links to its files into a folder.

        Raises:
            OSError: they cannot stand there.
        """
        shutil.copytree(self._folder, path, copy_function=os.link, dirs_exist_ok=True)


class Bundles:
    """The bundles that are unpacked, each under the hash of what is in it.

    Args:
        folder: where they are. It is on the file system of the environments, and nobody else's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._unpacked: dict[str, Path] = {}
        """The folder of each; the one that was used last comes last."""

    @contextlib.contextmanager
    def opened(self, archive: str) -> Iterator[Bundle]:
        """Open a bundle, as zipfile does.

        Raises:
            OSError: it cannot be read or unpacked.
            BadZipFile: it is no archive.
        """
        with Path(archive).open("rb") as file:
            name = hashlib.file_digest(file, "sha256").hexdigest()
        with self._lock:  # two environments that start together wait for one unpacking
            folder = self._unpacked.pop(name, None) or self._unpack(Path(archive), name)
            self._unpacked[name] = folder
            for least in list(self._unpacked)[:-_KEPT]:
                shutil.rmtree(self._unpacked.pop(least))  # links to its files stay
            yield Bundle(folder)

    def _unpack(self, archive: Path, name: str) -> Path:
        folder = self._folder / name
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder)  # which leads no entry out of the folder
        return folder
