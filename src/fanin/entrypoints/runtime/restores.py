"""SnapStart: the init phase ends in a snapshot of the process, with which environments begin, any number of them."""

import asyncio
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from fanin.engine import snapshots
from fanin.entrypoints.runtime.api import RuntimeApi

_BEFORE, _AFTER = "Runtime.BeforeSnapshotError", "Runtime.AfterRestoreError"
"""What Lambda calls hooks that fail."""
FAILED_BEFORE: Final = 64
"""The status of a process whose hooks have failed before the snapshot, as AWS's own runtime has it."""
FAILED_AFTER: Final = 65
"""The status of one whose hooks have failed after it."""


def expected(environment: Mapping[str, str]) -> bool:
    """Whether a snapshot is going to be taken of this process."""
    return environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def go_through(loop: asyncio.AbstractEventLoop, connect: Callable[[], RuntimeApi]) -> int:
    """Let the snapshot be taken, and wait until it has been restored; the function's hooks are called around that.

    They are called outside the loop, as AWS's own runtime calls them: those before it latest first.

    Args:
        loop: the function's, which goes on after the restore.
        connect: makes a connection to the Runtime API.

    Returns:
        0, or the status of a process that has reported why it ends.

    Raises:
        RuntimeApiError: there is no snapshot.
        OSError: the Runtime API is gone.
    """
    before, after = _hooks()
    try:
        while before:
            hook, given, named = before.pop()
            hook(*given, **named)
        snapshots.before_snapshot()
    except BaseException as error:  # noqa: BLE001 - whatever it is, Lambda is told, and the process ends
        _report(loop, connect(), "/init/error", error, _BEFORE)
        return FAILED_BEFORE
    loop.run_until_complete(connect().restored())
    try:
        snapshots.after_restore()
        for hook, given, named in after:
            hook(*given, **named)
    except BaseException as error:  # noqa: BLE001 - likewise
        _report(loop, connect(), "/restore/error", error, _AFTER)
        return FAILED_AFTER
    return 0


def _report(loop: asyncio.AbstractEventLoop, api: RuntimeApi, path: str, error: BaseException, kind: str) -> None:
    traceback.print_exc(file=sys.stderr)
    loop.run_until_complete(api.fail(path, error, kind=kind))


def _hooks() -> tuple[list[Any], list[Any]]:
    """Give the function's hooks, before the snapshot and after the restore; the package is AWS's, in its runtime."""
    with suppress(ImportError):
        from snapshot_restore_py import get_after_restore, get_before_snapshot  # noqa: PLC0415 - not there elsewhere

        return get_before_snapshot(), get_after_restore()
    return [], []
