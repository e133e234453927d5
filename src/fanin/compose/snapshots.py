"""SnapStart under AWS's own runtime, which calls hooks around a snapshot; fanin's runtime calls fanin's by itself."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache

from fanin.engine import snapshots


def take_part(environment: Mapping[str, str]) -> None:
    """Have AWS's runtime call fanin's hooks, once in a process, if a snapshot is going to be taken of it.

    Args:
        environment: the function's.
    """
    if environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        _registered()


@cache
def _registered() -> None:
    with suppress(ImportError):  # the package is AWS's, and in its runtime only
        from snapshot_restore_py import register_after_restore, register_before_snapshot  # noqa: PLC0415 - likewise

        register_before_snapshot(snapshots.before_snapshot)
        register_after_restore(snapshots.after_restore)
