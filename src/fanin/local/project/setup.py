"""Set up what the commands of a project need, in the working folder: uv, Python 3.13, and four environments.

Run by any Python 3 from 3.9 on, out of the wheel in wheels/, too: `PYTHONPATH=wheels/fanin-….whl python3 -m
fanin.local.project.setup`. What is there already, and made from the same locks, stays.
"""

import contextlib
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from fanin.local.project import bootstrap, data

TOOLS = Path(".tools")
DEVELOPMENT = "requirements.dev.txt"
"""The lock of .venv in a project."""
_ENVIRONMENTS = ("sam", "emulator")
"""Environments below .tools whose locks come with the package."""
_BUNDLED = ("schema", "jwt")
"""Locks that come with the package, of what its layer has where fanin.toml needs it."""
_SCHEMA = "fanin.schema.json"
_LARGE = ("sam",)
"""Of these most is never imported, and what is imported is compiled then."""
_NO_LOCK = """There is no requirements.dev.txt here. Run this in the folder of a project, which `fanin new` makes; in
the repository of fanin itself, run `make setup`."""


def main() -> int:
    """Set everything up; 0 if it is there, 1 if something is not to be had, which is then told with what to do."""
    if not Path(DEVELOPMENT).is_file():
        return bootstrap.refuse(_NO_LOCK)
    TOOLS.mkdir(exist_ok=True)
    _packaged(_SCHEMA)  # which the first line of fanin.toml names, for editors
    environment = {**os.environ, **cache()}
    if not _noted(TOOLS / "python.of", data.text("requirements/uv.txt")):
        os.environ.update(environment)
        if status := bootstrap.main():
            return status
        _note(TOOLS / "python.of", data.text("requirements/uv.txt"))
    # What the layers have, handlers and the sources of fanin.toml import here, too.
    packaged = {name: _packaged("requirements/" + name + ".txt") for name in (*_BUNDLED, *_ENVIRONMENTS)}
    layers = [*sorted(Path("layers").glob("*/*.txt")), *(packaged[name] for name in _BUNDLED)]
    wanted = {Path(".venv"): [Path(DEVELOPMENT), *layers]}
    wanted.update({TOOLS / name: [packaged[name]] for name in _ENVIRONMENTS})
    wanted[TOOLS / "runtime"] = []
    missing = [path for path, locks in wanted.items() if not _noted(path / ".installed", _state(locks))]
    if missing:
        print("setting up " + ", ".join(map(str, missing)), flush=True)
    for path in missing:
        if problem := _install(path, wanted[path], environment):
            return bootstrap.refuse(problem)
        _note(path / ".installed", _state(wanted[path]))
    return 0


def _packaged(name: str) -> Path:
    """Write a file that comes with the package below .tools."""
    path = TOOLS / Path(name).name
    path.write_text(data.text(name), encoding="utf-8")
    return path


def cache() -> "dict[str, str]":
    """Give what uv's environment needs: a cache below .tools where the home folder takes none."""
    if "UV_CACHE_DIR" in os.environ or "XDG_CACHE_HOME" in os.environ or _writable(Path("~").expanduser()):
        return {}
    return {"UV_CACHE_DIR": str((TOOLS / "cache").absolute())}


def _writable(folder: Path) -> bool:
    """Say whether a cache can be made in a home folder."""
    with contextlib.suppress(OSError):
        (folder / ".cache" / "uv").mkdir(parents=True, exist_ok=True)
        return os.access(str(folder / ".cache" / "uv"), os.W_OK)
    return False


def _install(path: Path, locks: "list[Path]", environment: "dict[str, str]") -> str:
    """Make an environment that has what locks name, and nothing else; what is wrong if that failed, else nothing."""
    python = (TOOLS / "python").read_text(encoding="utf-8").strip()
    # The programs of an environment name the folder that it was made in: one that was moved is made anew.
    how = "--allow-existing" if _here(path / ".installed") else "--clear"
    commands = [[bootstrap.UV, "venv", "--quiet", how, "--python", python, str(path)]]
    if locks:
        sync = [bootstrap.UV, "pip", "sync", "--quiet", "--require-hashes", "--python", str(path)]
        compiled = [] if path.name in _LARGE else ["--compile-bytecode"]
        commands.append([*sync, *compiled, *map(str, locks)])
    for command in commands:
        if subprocess.call(command, env=environment) != 0:
            return (
                f"{path} could not be set up: is there a network, and does uv reach its package registry?\n"
                "Behind a proxy with own certificates: export UV_SYSTEM_CERTS=1. Another registry: UV_DEFAULT_INDEX."
            )
    return ""


def _state(locks: "list[Path]") -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in [TOOLS / "python", *locks])


def _noted(note: Path, state: str) -> bool:
    return _here(note) and note.read_text(encoding="utf-8").splitlines()[1:] == [sha256(state.encode()).hexdigest()]


def _here(note: Path) -> bool:
    """Say whether what a note is about was made in this folder."""
    return note.is_file() and note.read_text(encoding="utf-8").splitlines()[:1] == [str(Path.cwd())]


def _note(note: Path, state: str) -> None:
    note.write_text(f"{Path.cwd()}\n{sha256(state.encode()).hexdigest()}\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
