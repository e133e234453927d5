"""The wheel of the fanin that runs: as it was installed, built from a checkout, or packed from what is there."""

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from fanin.local.process.console import Problem

_INSTALLERS: Final = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD", "uv_cache.json", "uv_build.json")
"""Files of dist-info that an installer has added; RECORD is written anew."""
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Wheel:
    """A wheel.

    Args:
        name: what its file is called.
        content: the file.
    """

    name: str
    content: bytes

    @property
    def requirement(self) -> str:
        """The line of a lock that names it by its hash."""
        return f"./wheels/{self.name} \\\n    --hash=sha256:{sha256(self.content).hexdigest()}\n"


def of_this() -> Wheel:
    """Give the wheel of the fanin that runs.

    Raises:
        Problem: it runs from a checkout, and that cannot be built.
    """
    installed = distribution("fanin")
    origin: dict[str, Any] = json.loads(installed.read_text("direct_url.json") or "{}")
    path = Path(unquote(urlsplit(origin.get("url", "")).path))
    if origin.get("dir_info", {}).get("editable"):
        return _built(path)
    if path.suffix == ".whl" and path.is_file():
        return Wheel(path.name, path.read_bytes())
    return _packed(installed)


def in_project(project: Path) -> Path:
    """Find the wheel that a project uses.

    Raises:
        Problem: its wheels/ has none, or several.
    """
    found = sorted((project / "wheels").glob("fanin-*.whl"))
    if not found:
        raise Problem("there is no wheels/fanin-….whl here: upgrade works in the folder of a project of fanin new.")
    if len(found) != 1:
        raise Problem(f"wheels/ has {len(found)} wheels of fanin. Leave the one that the project uses.")
    return found[0]


def _built(checkout: Path) -> Wheel:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        built = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
        if built.returncode:
            raise Problem(
                f"the wheel of {checkout} was not built:\n\n{built.stdout}{built.stderr}\n\nRun make setup there."
            )
        (wheel,) = Path(folder).glob("*.whl")
        return Wheel(wheel.name, wheel.read_bytes())


def _packed(installed: Distribution) -> Wheel:
    """Pack what an installer has unpacked. Its bytes depend on the files and on nothing else."""
    files = [file for file in installed.files or () if _belongs(file.parts)]
    content, record = io.BytesIO(), []
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(files):
            archive.writestr(zipfile.ZipInfo(file.as_posix(), _LONG_AGO), file.read_binary(), zipfile.ZIP_DEFLATED)
            record.append(f"{file.as_posix()},,\n")
        name = next(file.parts[0] for file in files if file.parts[0].endswith(".dist-info"))
        record.append(f"{name}/RECORD,,\n")
        archive.writestr(zipfile.ZipInfo(f"{name}/RECORD", _LONG_AGO), "".join(record), zipfile.ZIP_DEFLATED)
    return Wheel(f"{name.removesuffix('.dist-info')}-py3-none-any.whl", content.getvalue())


def _belongs(parts: tuple[str, ...]) -> bool:
    """Say whether an installed file was in the wheel: no bytecode, no command, nothing of the installer's."""
    return (
        ".." not in parts
        and "__pycache__" not in parts
        and not (parts[0].endswith(".dist-info") and parts[-1] in _INSTALLERS)
    )
