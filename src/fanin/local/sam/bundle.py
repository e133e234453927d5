"""Builds one function or layer of the template, for the rule `build-…` of the Makefile, which `sam build` calls.

Usage, in a project's folder: ARTIFACTS_DIR=FOLDER [PLATFORM=…] python -m fanin.local.sam.bundle GatewayFunction
"""

import compileall
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Final

from fanin.config.frozen import STAMP
from fanin.local.layout import PACKAGE, PACKAGE_LAYER, ROOT, UV
from fanin.local.process.console import Console, Problem
from fanin.local.project import data
from fanin.local.sam import built, configuration, roots
from fanin.local.sam.environments import PLATFORMS
from fanin.local.sam.freezing import LEFT_OUT, freeze, stamp

_TASK: Final = "/var/task"
_LAYER: Final = "/opt"
_UNREAD: Final = ("RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json", "top_level.txt")
"""The installer's notes. METADATA stays for importlib.metadata, licences for their terms."""
_DJANGO: Final = (("contrib", ()), ("conf/locale", ("en",)))
"""Folders of Django, and what is used of them: its applications and translations are four fifths of it."""
_PYDANTIC_V1: Final = (b"pydantic.v1", b"pydantic import v1", b"__get_validators__")
"""What names pydantic's first version."""


def main() -> int:
    """Build what the command line names into ARTIFACTS_DIR; 0 if it is built."""
    try:
        build(sys.argv[1], Path(os.environ["ARTIFACTS_DIR"]), os.environ.get("PLATFORM") or PLATFORMS["arm64"])
    except Problem as problem:
        Console().fail(str(problem))
        return 1
    except subprocess.CalledProcessError as error:  # uv has said why
        return error.returncode
    return 0


def build(name: str, into: Path, platform: str) -> None:
    """Build a function or a layer.

    Args:
        name: its name in the template, such as GatewayFunction: built from functions/gateway.
        into: the folder that Lambda mounts as /var/task or /opt; it may be there.
        platform: uv's name of the system that wheels are for. The default fits the template's.

    Raises:
        Problem: there is no folder for it.
        CalledProcessError: wheels are not to be had.
    """
    folder = built.folders().get(name)
    if folder is None:
        raise Problem(f"{name} is built from no folder of functions/ or layers/. Its rule can stand in the Makefile.")
    into.mkdir(parents=True, exist_ok=True)
    if name == PACKAGE_LAYER:
        package(into, [f"requirements/{lock}" for lock in configuration.requirements()], platform)
    elif folder.parent.name == "layers":
        wheels(into / "python", (folder / "requirements.txt").read_text(encoding="utf-8"), platform)
        _without_django_applications(into / "python/django")
        if name == "GatewayLayer":
            without_pydantic_v1(into / "python", ROOT / "functions")
    else:
        _function(folder, into)
    _compile(into, _TASK if folder.parent.name == "functions" else _LAYER)


def package(into: Path, locks: list[str], platform: str) -> None:
    """Make the layer of the package that is installed, which in a checkout is src/fanin.

    Args:
        into: the folder of the layer.
        locks: what fanin.toml needs beyond the core, by the names of its data: the libraries of JSON Schemas (15 MB)
            and of tokens' signatures (14 MB), so only where it has one.
        platform: the system that their wheels are for.
    """
    core = into / "python/fanin"
    left_out = {str(PACKAGE / name) for name in LEFT_OUT}

    def ignored(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name == "__pycache__" or os.path.join(folder, name) in left_out]  # noqa: PTH118

    shutil.copytree(PACKAGE, core, ignore=ignored, dirs_exist_ok=True)
    (core / "config" / STAMP).write_text(stamp())
    (core / "entrypoints/runtime/fanin-runtime").replace(wrapper := into / "fanin-runtime")
    wrapper.chmod(0o755)
    for lock in locks:
        wheels(into / "python", data.text(lock), platform)


def wheels(into: Path, lock: str, platform: str) -> None:
    """Install the wheels that a lock names, less what no function reads: test suites, type stubs, scripts, notes.

    The roots that certifi has are there one by one, too.

    Args:
        into: the folder of packages.
        lock: the text of the lock.
        platform: the system that they are for.

    Raises:
        CalledProcessError: they are not to be had.
    """
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as requirements:
        requirements.write(lock)
        requirements.flush()
        command: list[str | Path] = [UV, "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
        command += ["--no-deps", "--link-mode", "copy", "--python", sys.executable, "--python-platform", platform]
        command += ["--python-version", "3.13", "--target", into, "--requirements", requirements.name]
        subprocess.run(command, check=True)
    for path in [*_useless(into)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    roots.write(into)


def without_pydantic_v1(packages: Path, functions: Path) -> None:
    """Remove pydantic's first version, unless a package or a handler names it.

    FastAPI asks of every parameter whether its type is of it, and imports it for that. Without it, the answer is no.
    """
    of_others = (path for path in packages.rglob("*.py") if not {"pydantic", "fastapi"} & set(path.parts))
    for path in (*of_others, *functions.rglob("*.py")):
        if any(name in path.read_bytes() for name in _PYDANTIC_V1):
            return
    shutil.rmtree(packages / "pydantic/v1", ignore_errors=True)


def _function(folder: Path, into: Path) -> None:
    """Copy the modules of a function, and fanin.toml with all that it is made of, read and checked."""
    for path in folder.glob("*.py"):
        shutil.copyfile(path, into / path.name)
    configuration.copy(into)
    freeze(into)


def _useless(packages: Path) -> Iterator[Path]:
    yield from (path for name in ("tests", "_tests", "__pycache__") for path in packages.rglob(name) if path.is_dir())
    yield from packages.rglob("*.pyi")
    for notes in packages.glob("*.dist-info"):
        yield from (path for path in notes.iterdir() if path.name in _UNREAD or path.match("uv_*.json"))
    yield from (path for path in (packages / "bin", packages / ".lock") if path.exists())


def _without_django_applications(django: Path) -> None:
    for folder, used in _DJANGO:
        for path in (django / folder).glob("*/"):
            if path.name not in used:
                shutil.rmtree(path)
    shutil.rmtree(django / "test", ignore_errors=True)


def _compile(folder: Path, mounted: str) -> None:
    """Write bytecode for every module below a folder, which Lambda mounts elsewhere.

    It is unchecked, since a zip changes the times that Python would compare. With Lambda's paths in it, tracebacks name
    them, and two builds of the same source are equal.
    """
    unchecked = PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(
        folder, quiet=1, force=True, invalidation_mode=unchecked, stripdir=str(folder), prependdir=mounted
    )


if __name__ == "__main__":
    sys.exit(main())
