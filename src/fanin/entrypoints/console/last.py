"""The last requests, numbered as they came: a page that looks on reads each only once."""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile

from fanin.config.values import Json

MAX_REQUESTS = 100
"""Requests that are kept."""
MAX_PATH = 300
"""Characters of a request's path that are kept."""


def told_line(  # noqa: PLR0913 - what a line of the list shows
    at: float,
    method: str,
    path: str,
    status: int,
    seconds: float,
    *,
    complete: bool | None,
    endpoints: Sequence[str],
    sources: Sequence[str],
) -> dict[str, Json]:
    """Tell of a request what stands in the list of the last ones.

    Args:
        at: when it was answered, in seconds since 1970.
        method: the HTTP method.
        path: percent-encoded, without the query.
        status: the answer's.
        seconds: how long it took.
        complete: whether every source answered for itself; None if none was asked.
        endpoints: what was aggregated for it.
        sources: what was read for it.
    """
    return {
        "at": int(at * 1000),
        "method": method,
        "path": path,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "complete": complete,
        "endpoints": [*endpoints],
        "sources": [*sources],
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

    def told(self, since: int, tell: Callable[[Kept], dict[str, Json]]) -> Json:
        """Tell the requests since one, the last first.

        Args:
            since: the number up to which a reader has them; any other number than one of this process's is none.
            tell: tells a request.

        Returns:
            `since`, the number from which it is told, 0 for all that is kept; `last`; and `requests`.
        """
        since = since if self._first <= since <= self._number else 0
        new = takewhile(lambda kept: kept[0] > since, self._requests)
        requests: list[Json] = [{"number": number, "id": about, **tell(kept)} for number, about, kept in new]
        return {"since": since, "last": self._number, "requests": requests}

    def of(self, request: str) -> Kept | None:
        """Give a request by its id; None if it is not kept any more."""
        return next((kept for _, about, kept in self._requests if about == request), None)
