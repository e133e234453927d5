"""What must not be in a snapshot of this process, nor be shared by the environments that begin with one (SnapStart).

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

import random
from collections.abc import Callable
from weakref import WeakMethod

from fanin.engine.clock import steady

_forgetting: dict[WeakMethod[Callable[[], None]], None] = {}


def forgotten_in_snapshots(forget: Callable[[], None]) -> None:
    """Have something forgotten before a snapshot of this process is taken, and again when one has been restored.

    Args:
        forget: a method, which is called on no loop: it ends connections that nobody uses, or drops an identity. Its
            object is not kept for this.
    """
    _forgetting[WeakMethod(forget, _drop)] = None


def _drop(reference: WeakMethod[Callable[[], None]]) -> None:
    _forgetting.pop(reference, None)


def before_snapshot() -> None:
    """Forget, and note the time."""
    _forget()
    steady.note()


def after_restore() -> None:
    """Let time have passed, forget once more, and seed Python's `random`: its state was the snapshot's."""
    steady.restored()
    random.seed()
    _forget()


def _forget() -> None:
    for reference in list(_forgetting):
        if (forget := reference()) is not None:
            forget()
