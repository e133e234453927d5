"""What must not be in a snapshot of this process, nor be shared by the environments that begin with one (SnapStart).

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

import random
from collections.abc import Callable
from weakref import WeakMethod

from fanin.engine.clock import SteadyClock, steady

_forgetting: dict[WeakMethod[Callable[[], None]], None] = {}


def forgotten_in_snapshots(forget: Callable[[], None]) -> None:
    """Have something forgotten before a snapshot of this process is taken, and again when one has been restored.

    Args:
        forget: a method, which is called on no loop: it ends connections that nobody uses, or drops an identity. Its
            object is not kept for this.
    """
    _living()
    _forgetting[WeakMethod(forget)] = None


def before_snapshot() -> None:
    """Forget, and note the time."""
    _forget()
    if isinstance(steady, SteadyClock):
        steady.note()


def after_restore() -> None:
    """Let time have passed, forget once more, and seed Python's `random`: its state was the snapshot's."""
    if isinstance(steady, SteadyClock):
        steady.restored()
    random.seed()
    _forget()


def _forget() -> None:
    for forget in _living():
        forget()


def _living() -> list[Callable[[], None]]:
    """Give the methods whose objects are there, and drop the others.

    No callback of the reference drops it: if an object goes together with its class, as at the end of the process,
    WeakMethod calls back twice, and fails the second time if nobody has it any more.
    """
    living = []
    for reference in tuple(_forgetting):
        if (forget := reference()) is not None:
            living.append(forget)
        else:
            _forgetting.pop(reference, None)
    return living
