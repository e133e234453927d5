"""Writing behind the requests: a bounded queue, and a thread that takes what is there at once."""

import logging
from collections.abc import Callable
from queue import Empty, Full, Queue
from threading import Thread

MOST_WAITING = 10_000
"""Rows that wait to be written; what comes when there are so many is lost, and counted."""
BATCH = 500
"""Rows that are written at once."""

logger = logging.getLogger("fanin")


class Writer[Row]:
    """Has rows written by a thread of its own, so that nobody waits for a database.

    Args:
        write: writes some rows; where it raises, they are lost.
        end: lets go of what `write` has used; called by the same thread when all is written.
        most_waiting: rows that may wait.

    Attributes:
        lost: rows that were not written.
    """

    def __init__(
        self, write: Callable[[list[Row]], None], end: Callable[[], None], most_waiting: int = MOST_WAITING
    ) -> None:
        self.lost = 0
        self._write = write
        self._end = end
        self._waiting: Queue[Row | None] = Queue(most_waiting)
        self._thread = Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    def add(self, row: Row) -> None:
        """Have a row written; it is lost where too many wait."""
        try:
            self._waiting.put_nowait(row)
        except Full:
            self.lost += 1

    def close(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join()
        if self.lost:
            logger.warning("rows lost", extra={"lost": self.lost})

    def _work(self) -> None:
        while rows := self._next():
            try:
                self._write(rows)
            except Exception:
                self.lost += len(rows)
                logger.exception("rows not written")
        self._end()

    def _next(self) -> list[Row]:
        """Wait for rows, and take what there is; nothing at the end."""
        rows: list[Row] = []
        row = self._waiting.get()
        while row is not None:
            rows.append(row)
            if len(rows) == BATCH:
                return rows
            try:
                row = self._waiting.get_nowait()
            except Empty:
                return rows
        if rows:
            self._waiting.put(None)  # the end comes again, once these are written
        return rows
