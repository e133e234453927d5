"""The last requests, numbered as they came: a page that looks on reads each only once."""

from collections import deque
from collections.abc import Callable
from itertools import takewhile
from typing import NamedTuple

from fanin.config.values import Json

MAX_REQUESTS = 100
"""Requests that are kept."""
MAX_PATH = 300
"""Characters of a path that are kept."""


class Line(NamedTuple):
    """What a list of requests tells of one.

    Args:
        at: when it was answered, in seconds since 1970.
        method: the HTTP method.
        path: percent-encoded, without the query, as far as it may be shown.
        status: the answer's.
        seconds: how long it took.
        complete: whether every source answered for itself; None where none was asked.
        endpoints: the names of what was asked for.
        sources: those that were asked.
        by_page: whether the console's page had it made.
    """

    at: float
    method: str
    path: str
    status: int
    seconds: float
    complete: bool | None
    endpoints: list[Json]
    sources: list[Json]
    by_page: bool

    def told(self, number: int, about: str) -> dict[str, Json]:
        """Tell it, with its number and its id."""
        return {
            "number": number,
            "id": about,
            "at": int(self.at * 1000),
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "duration_ms": round(self.seconds * 1000, 1),
            "complete": self.complete,
            "endpoints": self.endpoints,
            "sources": self.sources,
            "by_page": self.by_page,
        }


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
