"""Building the template with SAM, once for each state of what it is built from.

Usage: python -m fanin.local.sam.build ENVIRONMENT
"""

import contextlib
import fcntl
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from fanin.config.files import files_of, needs_postgresql
from fanin.config.variables import TOGETHER
from fanin.local.layout import BUILD, CONFIGURATION, PACKAGE, ROOT, TEMPLATE
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.process.processes import CommandFailed, Processes
from fanin.local.sam import drivers, environments, parts, sam
from fanin.local.sam.environments import Environment

_SOURCES = (
    "Makefile",
    "template.yaml",
    "samconfig.toml",
    "functions",
    "layers",
    "requirements/jwt.txt",
    "requirements/schema.txt",
    ".tools/python",
)
"""What a build depends on, beside the files of fanin.toml.

Tools count as far as they are locked: the locks of the layers are below layers, or come with the package."""


def output(environment: Environment) -> Path:
    """Return the folder that an environment is built into."""
    return BUILD / environment.build_name


@contextlib.contextmanager
def locked(environment: Environment, console: Console) -> Iterator[None]:
    """Keep other commands from building an environment while this one builds it or reads what was built."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f"{environment.build_name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say("  waiting for another command of this repository, which is building …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_fresh(environment: Environment) -> bool:
    """Say whether what is built is what a build would make now."""
    noted = _note(environment)
    template = output(environment) / "template.yaml"
    return template.exists() and noted.exists() and noted.read_text() == fingerprint(environment)


def build(environment: Environment, processes: Processes) -> None:
    """Build an environment; under its lock.

    Raises:
        Problem: the build failed, or would lack the drivers of a database.
    """
    # Without its note, what an interrupted build leaves behind is not taken for a finished one.
    forget(environment)
    wanted = fingerprint(environment)
    told = {"PLATFORM": environment.platform, TOGETHER: environment.parameters.get("Variables", "")}
    variables = os.environ | sam.quiet() | told
    try:
        processes.run("build", sam.build(environment, _template(environment), output(environment)), variables)
    except CommandFailed as error:
        raise Problem(f"The build failed:\n\n{error.last_lines}\n\nMend that, and try again.") from error
    if not (output(environment) / "template.yaml").exists():
        raise Problem(f"The build made no template. It said:\n\n{processes.log('build').read_text()}")
    _note(environment).write_text(wanted)


def _template(environment: Environment) -> Path:
    """Give the template, or one without what the environment switches off: SAM builds that too otherwise."""
    text = TEMPLATE.read_text()
    if needs_postgresql(CONFIGURATION) and (fix := drivers.lacking(text, environment.parameters)):
        raise Problem(
            f"The functions of {environment.name} have no driver for a database of {CONFIGURATION.name}. {fix}."
        )
    if (built := parts.built(text, environment.parameters)) == text:
        return TEMPLATE
    written = BUILD / f"{environment.build_name}.yaml"
    written.write_text(built)
    return written


def forget(environment: Environment) -> None:
    """Let the next command build an environment anew."""
    _note(environment).unlink(missing_ok=True)


def fingerprint(environment: Environment) -> str:
    """Return a hash of all that the build of an environment is made from."""
    digest = hashlib.sha256(f"{environment.platform} {sorted(environment.parameters.items())}".encode())
    for path in sorted(_files()):
        digest.update(f"\0{_named(path)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    yield from files_of(CONFIGURATION)
    for path in (PACKAGE, *(ROOT / source for source in _SOURCES)):
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
        elif path.exists():
            yield path


def _named(path: Path) -> Path:
    """Name a file by its place in the project, or in the package, wherever that is installed."""
    return Path("fanin") / path.relative_to(PACKAGE) if path.is_relative_to(PACKAGE) else path.relative_to(ROOT)


def _note(environment: Environment) -> Path:
    return BUILD / f"{environment.build_name}.built"


def main() -> int:
    """Build the environment that the command line names; 0 if it is built."""
    console = Console()
    interrupts = Interrupts()
    interrupts.raise_on_signals()
    try:
        environment = environments.read(sys.argv[1])
        doing = f"building {environment.name} for {environment.platform}"
        with Processes(interrupts) as processes, locked(environment, console), console.step(doing):
            build(environment, processes)
    except Problem as problem:
        console.fail(str(problem))
        return 1
    except Interrupted:
        return 130
    console.say(f"  built into {output(environment).relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
