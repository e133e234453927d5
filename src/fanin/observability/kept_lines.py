"""The last log lines of a process, kept in memory for the console, which shows them with their requests."""

import logging
from collections import deque
from typing import Final, override

from fanin.observability.logs import JsonLines, request_id
from fanin.observability.redact import redactor

MAX_LINES: Final = 500
"""Lines that are kept: the last."""
_MAX_LINE: Final = 16_384
"""Characters of a line; of a longer one its beginning is kept."""


class KeptLines(logging.Handler):
    """Keeps every line that the loggers of this process write, beside whatever else takes it.

    Args:
        formatter: writes a line, and hides what none may show.
    """

    def __init__(self, formatter: JsonLines) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.redact = formatter.redact
        """Hides what no line shows."""
        self._lines: deque[tuple[str, str]] = deque(maxlen=MAX_LINES)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, with the request that it is about."""
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - as that of the log: a record that cannot be written is no reason to fail
            return
        self._lines.append((request_id(), line if len(line) <= _MAX_LINE else f"{line[:_MAX_LINE]}…"))

    def of(self, request: str) -> list[str]:
        """Give the lines about a request, by its id."""
        return [line for about, line in self._lines if about == request]


def kept_lines() -> KeptLines:
    """Keep what all loggers of this process write from here on, as the log has it."""
    root = logging.getLogger()
    written = [handler.formatter for handler in root.handlers if isinstance(handler.formatter, JsonLines)]
    handler = KeptLines(written[0] if written else JsonLines(redactor()))
    root.addHandler(handler)
    return handler
