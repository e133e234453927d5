"""Noticing changed files by looking at them: whatever an editor does to save a file, and on any file system."""

import contextlib
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

_EVERY: Final = 0.2
"""Seconds between two looks."""

type Roots = Callable[[], Sequence[Path]]
"""Gives files, and folders of which every file counts but those that Python or an editor keeps for itself."""
type _Seen = dict[Path, tuple[int, int]]


def changes(roots: Roots, every: float = _EVERY) -> Iterator[AbstractSet[Path]]:
    """Give the files that have changed, come or gone since the last time, from this call on, without end.

    Args:
        roots: gives what is watched, at every look.
        every: seconds between two looks.
    """
    return _changes(roots, _look(roots), every)


def _changes(roots: Roots, before: _Seen, every: float) -> Iterator[AbstractSet[Path]]:
    while True:
        time.sleep(every)
        now = _look(roots)
        if now == before:
            continue
        # Several files are often saved at once: wait for a look at which nothing moves any more.
        while (settled := _look_later(roots, every)) != now:
            now = settled
        yield {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
        before = now


def _look_later(roots: Roots, every: float) -> _Seen:
    time.sleep(every / 2)
    return _look(roots)


def _look(roots: Roots) -> _Seen:
    seen: _Seen = {}
    for root in roots():
        for path in root.rglob("*") if root.is_dir() else [root]:
            if "__pycache__" in path.parts or path.name.startswith(".") or path.name.endswith("~"):
                continue
            # An editor may remove a file between its being listed and being looked at.
            with contextlib.suppress(FileNotFoundError):
                state = path.stat()
                if stat.S_ISREG(state.st_mode):
                    seen[path] = (state.st_mtime_ns, state.st_size)
    return seen
