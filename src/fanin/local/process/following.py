"""Looking again and again at what goes on beside a program's own work, until that work is over."""

import contextlib
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def following(follow: Callable[[Iterator[None]], None], every: float) -> Iterator[None]:
    """Follow something in a thread of its own, as long as the context lasts.

    Args:
        follow: looks once for each item of the iterator that it is given, and returns when there are no more.
        every: seconds between two looks.
    """
    over = threading.Event()

    def looks() -> Iterator[None]:
        while not over.wait(every):
            yield

    follower = threading.Thread(target=follow, args=(looks(),), daemon=True)
    follower.start()
    try:
        yield
    finally:
        over.set()
        follower.join()
