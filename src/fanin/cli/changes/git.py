"""A fanin.toml as it is in a revision of git, with the files that it is made of, in a folder of its own."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

from fanin.local.process.console import Problem

_SECONDS = 20
"""For each command of git."""
_SUFFIXES = (".toml", ".json", ".pem", ".crt", ".cer")
"""Of the files that a fanin.toml may be made of: tables, schemas, certificates."""
_MOST_FILES = 2_000
_MOST_BYTES = 50_000_000


def checked_out(revision: str, file: Path, folder: Path) -> Path:
    """Write a file of a revision into a folder, and what stands beside and below it that it may name.

    Args:
        revision: a branch, a tag or a commit.
        file: the file as it is in the work tree; it need not be there any more.
        folder: an empty folder.

    Returns:
        the file there.

    Raises:
        Problem: git is not there, or has no such revision or file.
    """
    around = file.parent.resolve()
    if revision.startswith("-"):
        raise Problem(f"{revision!r} is neither a file nor a revision of git.")
    tree = (
        _git(around, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    )
    if not tree:
        raise Problem(_unknown(revision, around))
    listed = _git(around, "ls-tree", "-r", "-l", "-z", "--full-name", tree, ".")
    top = Path(_git(around, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    wanted, size = list[str](), 0
    for entry in filter(None, listed.decode(errors="surrogateescape").split("\0")):
        about, _, path = entry.partition("\t")
        mode, _, _, length = about.split()
        if mode.startswith("100") and path.endswith(_SUFFIXES):
            wanted.append(path)
            size += int(length)
    if len(wanted) > _MOST_FILES or size > _MOST_BYTES:
        raise Problem(f"there are too many files beside {file} in {revision!r}. Give the old file by its path.")
    name = (around / file.name).relative_to(top.resolve()).as_posix()
    if name not in wanted:
        raise Problem(f"{revision!r} has no {name}.")
    archive = _git(top, "archive", "--format=tar", tree, "--", *wanted)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return folder / name


def _unknown(revision: str, around: Path) -> str:
    """Say why there is no such revision."""
    if not _git(around, "rev-parse", "--show-toplevel"):
        return f"{revision!r} is no file, and there is no git repository here. Give the old file by its path."
    if not _git(around, "rev-parse", "--verify", "--quiet", "HEAD"):
        return "the git repository here has no commit yet, so there is nothing to compare with."
    return f"{revision!r} is neither a file nor a revision of git."


def _git(folder: Path, *arguments: str) -> bytes:
    """Ask git, which reads and changes nothing; empty if it refuses.

    Raises:
        Problem: it is not installed, or takes too long.
    """
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "GIT_TERMINAL_PROMPT": "0"}  # noqa: TID251 - of a developer's machine
    try:
        ran = subprocess.run(  # noqa: S603 - git, and a revision that is no option
            ["git", *arguments],  # noqa: S607 - as the developer has it
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise Problem("git is not installed. Give the old file by its path.") from error
    except subprocess.TimeoutExpired as error:
        raise Problem(f"git took over {_SECONDS} s. Give the old file by its path.") from error
    return ran.stdout if ran.returncode == 0 else b""
