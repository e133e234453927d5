"""What Lambda's Python runtime sets up before it imports a handler, for the functions of the embedded AWS: logging.

With the JSON log format, Lambda gives the root logger a handler that writes each record as a line of JSON, extras
included, from the function's ApplicationLogLevel up. Python imports this module at start, from the path that
src/fanin/local/emulator/main.py gives to the functions' processes.
"""

import json
import logging
import time
from typing import override

_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""Attributes of every record; what else a record has was given as `extra`."""


class JsonLines(logging.Formatter):
    """Formats a record under the names that Lambda uses."""

    @override
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": self.formatTime(record),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0]:
            line["errorType"] = record.exc_info[0].__name__
            line["errorMessage"] = str(record.exc_info[1])
            line["stackTrace"] = self.formatException(record.exc_info)
        line |= {name: value for name, value in vars(record).items() if name not in _ORDINARY}
        return json.dumps(line, default=str)


_handler = logging.StreamHandler()
_handler.setFormatter(JsonLines())
logging.getLogger().addHandler(_handler)
logging.getLogger().setLevel(logging.INFO)
