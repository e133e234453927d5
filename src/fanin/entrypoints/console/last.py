"""The last requests, numbered as they came: a page that looks on reads each only once."""

from collections import deque
from collections.abc import Callable
from itertools import takewhile

from fanin.config.values import Json

MAX_REQUESTS = 100
"""Requests that are kept."""


class Last[Kept]:
    """Keeps the last requests.

    Args:
        began: seconds since 1970 at which the process began; the numbers of another process are smaller, or unknown.
    """

    def __init__(self, began: float) -> None:
        self._first = self._number = int(began * 1000)
        self._requests: deque[tuple[int, str, Kept]] = deque(maxlen=MAX_REQUESTS)

    def add(self, request: str, kept: Kept) -> None:
        """Keep a request, by its id."""
        self._number += 1
        self._requests.appendleft((self._number, request, kept))

    def told(self, since: int, tell: Callable[[int, str, Kept], Json]) -> Json:
        """Tell the requests since one, the last first.

        Args:
            since: the number up to which a reader has them; any other number than one of this process's is none.
            tell: tells a request, by its number and its id.

        Returns:
            `since`, the number from which it is told, 0 for all that is kept; `last`; and `requests`.
        """
        since = since if self._first <= since <= self._number else 0
        new = takewhile(lambda kept: kept[0] > since, self._requests)
        requests = [tell(*kept) for kept in new]
        return {"since": since, "last": self._number, "requests": requests}

    def of(self, request: str) -> Kept | None:
        """Give a request by its id; None if it is not kept any more."""
        return next((kept for _, about, kept in self._requests if about == request), None)
