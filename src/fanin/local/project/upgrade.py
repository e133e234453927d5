"""Brings what `fanin new` wrote into an older project up to what it would write now, and loses nothing of the owner's.

What the older fanin wrote is known exactly: its wheel is in the project, and writes it again. So a file that the owner
has left alone is replaced, one that both have changed is merged, and where that cannot be done, the new one is put
beside it.
"""

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from fanin.local.process.console import Problem
from fanin.local.project import new, parts
from fanin.local.project.setup import DEVELOPMENT
from fanin.local.project.wheel import Wheel, in_project
from fanin.local.sam.parts import marked

OWNED: Final = frozenset(("README.md", "fanin.toml", "upstream.toml", "requirements.in", "shop.sql", "shop.db"))
"""Files that are the owner's from the first day."""
BESIDE: Final = ".new"
"""What is added to the name of a file that could not be merged."""
_STACK: Final = re.compile(r'^stack_name = "([a-z][a-z0-9-]{0,99}?)-(?:dev|prod|local)"', re.MULTILINE)
_WRITES: Final = 60.0
"""Seconds that the older fanin may take to write a project."""

type What = Literal["new", "changed", "merged", "removed", "beside", "gone"]
"""What becomes of a file: `beside` where it could not be merged; `gone` where the owner has removed it already."""


@dataclass(frozen=True)
class Change:
    """What becomes of one file.

    Args:
        path: the file, below the project's folder.
        what: what becomes of it.
        before: what it holds; None if it is not there.
        after: what it is to hold, or the file beside it; None if it goes.
    """

    path: str
    what: What
    before: bytes | None
    after: bytes | None

    @property
    def difference(self) -> str:
        """The change, as a unified diff; empty for a file that is no text, or that the owner has removed."""
        if self.what == "gone":
            return ""
        try:
            before, after = ((each or b"").decode().splitlines(keepends=True) for each in (self.before, self.after))
        except UnicodeDecodeError:
            return ""
        to = self.path + (BESIDE if self.what == "beside" else "")
        return "".join(difflib.unified_diff(before, after, self.path, to))


def upgraded(project: Path, wheel: Wheel) -> list[Change]:
    """Find out what becomes of a project's files.

    Args:
        project: its folder.
        wheel: the fanin that it is to use.

    Raises:
        Problem: it is no project, or its older fanin cannot be asked.
    """
    older = in_project(project)
    if older.read_bytes() == wheel.content:
        return []
    name, wanted = name_of(project), wanted_in(project)
    known = _parts_of(older)  # what it had in every template, and not as a part, stays there and is not switched on
    base = _written_by(older, name, tuple(part for part in wanted if part in known))
    theirs = new.files(name, wanted, wheel, known)
    changes = [_change(project, path, base.get(path), theirs.get(path)) for path in sorted({*base, *theirs} - OWNED)]
    return [change for change in changes if change]


def name_of(project: Path) -> str:
    """Read what a project is called, out of the names of its stacks.

    Raises:
        Problem: samconfig.toml does not say it.
    """
    try:
        found = _STACK.search((project / "samconfig.toml").read_text(encoding="utf-8"))
    except OSError as error:
        raise Problem(f"{project}/samconfig.toml cannot be read: {error.strerror}. Is this a project?") from error
    if not found:
        raise Problem(f'{project}/samconfig.toml has no stack_name such as "shop-dev", which says the project\'s name')
    return found[1]


def wanted_in(project: Path) -> tuple[str, ...]:
    """Find the parts that a project has, by the marks of its template."""
    text = (project / "template.yaml").read_text(encoding="utf-8")
    there = marked(text)
    has = {
        name
        for name, part in parts.PARTS.items()
        if there & set(part.template) or (part.before and f"\n  {part.before}:\n" in text)
    }
    return tuple(name for name in parts.PARTS if name in has or (name == "ci" and (project / new.WORKFLOW).is_file()))


def apply(project: Path, changes: Sequence[Change]) -> None:
    """Write the changes. A wheel goes last, so that an upgrade that broke off can be made again.

    Raises:
        Problem: a file cannot be written.
    """
    for change in sorted(changes, key=lambda each: (each.what == "removed", each.path.endswith(".whl"))):
        target = project / (change.path + (BESIDE if change.what == "beside" else ""))
        try:
            if change.what == "removed":
                target.unlink()
            elif change.what != "gone" and change.after is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(change.after)
                if change.after.startswith(b"#!"):
                    target.chmod(target.stat().st_mode | 0o111)
        except OSError as error:
            raise Problem(f"{target} cannot be written: {error.strerror}") from error


def _change(project: Path, path: str, base: bytes | None, theirs: bytes | None) -> Change | None:
    """Decide what becomes of a file, by what the older fanin wrote and what this one writes."""
    file = project / path
    mine = file.read_bytes() if file.is_file() else None
    if theirs in (base, mine):
        return None
    if mine is None:
        return Change(path, "new" if base is None else "gone", None, theirs)
    if theirs is None:
        return Change(path, "removed", mine, None) if mine == base else None
    if mine == base:
        return Change(path, "changed", mine, theirs)
    merged = _merged(mine, base or b"", theirs)
    return Change(path, "merged" if merged else "beside", mine, merged or theirs)


def _merged(mine: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """Lay two changes of a file together; None if they are at the same place, or there is no git to do it."""
    git = shutil.which("git")
    if git is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / each for each in ("mine", "base", "theirs")]
        for file, content in zip(files, (mine, base, theirs), strict=True):
            file.write_bytes(content)
        done = subprocess.run([git, "merge-file", "-p", *files], capture_output=True, cwd=name, check=False)
        return done.stdout if done.returncode == 0 else None


def _parts_of(older: Path) -> frozenset[str]:
    """Ask a wheel which parts a project of its can have.

    Raises:
        Problem: it does not say.
    """
    with tempfile.TemporaryDirectory() as folder:
        said = _run_by(older, Path(folder), "-c", "from fanin.local.project.parts import PARTS; print(*PARTS)")
    return frozenset(said.split())


def _written_by(older: Path, name: str, wanted: Sequence[str]) -> Mapping[str, bytes]:
    """Have a wheel write a project.

    Raises:
        Problem: it does not.
    """
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "project"
        command = ("-m", "fanin.cli", "new", str(written), "--name", name, "--with", ",".join(wanted))
        _run_by(older, Path(folder), *command)
        return _with_its_wheel(older, dict(_files_below(written)))


def _with_its_wheel(older: Path, files: dict[str, bytes]) -> Mapping[str, bytes]:
    """Put the wheel itself in place of the one that it has packed anew of its own files, and its hash into the lock."""
    path = f"wheels/{older.name}"
    packed, itself = files.get(path, b""), older.read_bytes()
    of_packed, of_itself = (sha256(content).hexdigest().encode() for content in (packed, itself))
    lock = files.get(DEVELOPMENT, b"").replace(of_packed, of_itself)
    return {**files, path: itself, DEVELOPMENT: lock}


def _run_by(older: Path, folder: Path, *arguments: str) -> str:
    """Run Python with the fanin of a wheel, and give what it said."""
    with zipfile.ZipFile(older) as archive:
        archive.extractall(folder / "wheel")
    environment = {**os.environ, "PYTHONPATH": str(folder / "wheel"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True, timeout=_WRITES)
    except subprocess.TimeoutExpired as error:
        raise Problem(f"{older.name} took over {_WRITES:g} s to say what it had written") from error
    except subprocess.CalledProcessError as error:
        said = (error.stdout + error.stderr).decode(errors="replace")
        raise Problem(f"{older.name} cannot say what it had written:\n\n{said}") from error
    return done.stdout.decode()


def _files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield file.relative_to(folder).as_posix(), file.read_bytes()
