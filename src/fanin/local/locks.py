"""The locked requirements: resolve them anew, or prove that they are what their sources resolve to.

A lock names versions and hashes and no registry, so that it installs from whichever one a machine is set up for.
Usage: python -m fanin.local.locks compile [--upgrade] | check
"""

import argparse
import difflib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fanin.local.layout import ROOT, UV

PACKAGE = "pyproject.toml"
HANDLERS = "requirements.in"
"""What the handlers of functions/ import, beside fanin."""
GATEWAY = "layers/gateway/requirements.txt"
SYNC = "layers/sync/requirements.txt"
DJANGO = "layers/django/requirements.txt"
SCHEMA = "requirements/schema.txt"
JWT = "requirements/jwt.txt"
DATABASE = "layers/database/requirements.txt"
PROJECT = "requirements/project.txt"
"""What `fanin new` locks for a project, beside the package itself."""


@dataclass(frozen=True)
class Lock:
    """One lock file; paths are relative to the repository.

    Args:
        path: where it is.
        sources: what uv resolves it from.
        extras: those of the package.
        constraints: locks whose versions it takes over.
        option: one more option of uv.
    """

    path: str
    sources: tuple[str, ...]
    extras: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    option: str = ""

    @property
    def arguments(self) -> list[str]:
        """What uv is told."""
        extras = (argument for extra in self.extras for argument in ("--extra", extra))
        constraints = (argument for lock in self.constraints for argument in ("--constraint", lock))
        return [*self.sources, *([self.option] if self.option else []), *extras, *constraints]


_DEVELOPMENT = "requirements/dev.txt"

# In this order: a later lock takes over the versions that an earlier one, named as a constraint, has settled. So both
# bundles agree, and tests run on the versions that are deployed.
LOCKS = (
    Lock("requirements/uv.txt", ("requirements/uv.in",)),
    Lock("requirements/sam.txt", ("requirements/sam.in",)),
    Lock("requirements/emulator.txt", ("requirements/emulator.in",)),
    Lock(GATEWAY, (PACKAGE, HANDLERS), ("gateway",)),
    Lock(SYNC, (PACKAGE,), ("sync",), (GATEWAY,)),
    Lock(DJANGO, (PACKAGE,), ("django",), (GATEWAY,)),
    Lock(SCHEMA, ("requirements/schema.in",)),
    Lock(JWT, ("requirements/jwt.in",)),
    Lock(DATABASE, ("requirements/database.in",)),
    Lock(
        _DEVELOPMENT,
        ("requirements/dev.in", HANDLERS, PACKAGE),
        constraints=(GATEWAY, SYNC, DJANGO, SCHEMA, JWT, DATABASE),
        option="--all-extras",
    ),
    Lock(PROJECT, ("requirements/project.in", PACKAGE), ("gateway", "cli", "local"), (_DEVELOPMENT,)),
    Lock("requirements/lambda.txt", ("requirements/lambda.in",)),
    Lock("requirements/site.txt", ("requirements/site.in",)),
    Lock("requirements/browser.txt", ("requirements/browser.in",), option="--no-deps"),
    Lock(
        "benchmarks/requirements.txt",
        ("benchmarks/requirements.in", PACKAGE),
        ("gateway", "sync", "django", "cli", "postgresql"),
        (GATEWAY, SYNC, DJANGO, SCHEMA, DATABASE),
    ),
    Lock("benchmarks/peers/requirements.txt", ("benchmarks/peers/requirements.in",), constraints=(GATEWAY,)),
)


def resolve(lock: Lock, *, upgrade: bool = False) -> str:
    """Return what `lock`'s sources resolve to now, with the versions locked so far unless `upgrade` is set.

    Raises:
        subprocess.CalledProcessError: uv finds no resolution; it has then said why.
    """
    command: list[str | Path] = [UV, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"]
    # Whatever a machine is set up for: addresses are no part of a lock.
    command += [
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--python",
        sys.executable,
        "--python-version",
        "3.13",
        *lock.arguments,
    ]
    if upgrade:
        command.append("--upgrade")
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder, "requirements.txt")
        fresh.write_text(locked(lock))
        subprocess.run([*command, "--output-file", fresh], cwd=ROOT, check=True)
        return fresh.read_text()


def locked(lock: Lock) -> str:
    """Return what `lock` says, nothing if there is none yet."""
    path = ROOT / lock.path
    return path.read_text() if path.exists() else ""


def renew(lock: Lock, *, upgrade: bool) -> None:
    """Write `lock` anew, if that changes it: setting up again takes its time."""
    if (fresh := resolve(lock, upgrade=upgrade)) != locked(lock):
        (ROOT / lock.path).write_text(fresh)


def stale(lock: Lock) -> str:
    """Return how `lock` differs from what its sources resolve to now, as a diff; empty where it is fresh."""
    before, after = (text.splitlines(keepends=True) for text in (locked(lock), resolve(lock)))
    return "".join(difflib.unified_diff(before, after, lock.path, "fresh", n=1))


def main() -> int:
    """Do what the command line says; 0 if it went well, 1 if a lock is stale or cannot be resolved."""
    parser = argparse.ArgumentParser(prog="python -m fanin.local.locks", description=__doc__)
    parser.add_argument("command", choices=("compile", "check"))
    parser.add_argument("--upgrade", action="store_true", help="take newer versions than the locked ones")
    arguments = parser.parse_args()
    try:
        if arguments.command == "compile":
            for lock in LOCKS:
                renew(lock, upgrade=arguments.upgrade)
            return 0
        diffs = [diff for diff in map(stale, LOCKS) if diff]
    except subprocess.CalledProcessError:
        return 1
    for diff in diffs:
        print(diff)
    print("Locks are stale: run `make lock` and commit them." if diffs else "Locks are fresh.")
    return 1 if diffs else 0


if __name__ == "__main__":
    sys.exit(main())
