"""Log lines: every record of every logger as one line of JSON, under Lambda's names, with nothing that must be hidden.

Lambda reads `timestamp` and `level` of such a line on standard output, and leaves it as it is:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import TextIO, override

import orjson

from fanin.observability.redact import HIDDEN, Redact, names_credential

MAX_TEXT = 16_384
"""Characters of one text in a line; a longer one is cut in its middle. Lambda takes lines of 256 kB."""
MAX_DEPTH = 8
"""Levels of lists and dictionaries in a line."""
LEVELS = ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")
"""Lambda's names for the levels that a line can have."""

_NAMES = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_NUMBERS = {"TRACE": logging.DEBUG, "WARN": logging.WARNING, "FATAL": logging.CRITICAL}
_BARE = frozenset((int, float, bool, type(None)))
"""Types of values without text."""
_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""Attributes of every record; what else a record has was given as `extra`."""

_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039 - replaced, never changed


def about(**fields: str) -> None:
    """Put fields, those that are not empty, into every line from here on, the lines of libraries included.

    They hold in this thread, and in what tasks and threads inherit its context, until the next call.
    """
    _about.set({name: value for name, value in fields.items() if value})


def request_id() -> str:
    """Give the id of the request that lines are about here; empty where they are about none."""
    return _about.get().get("request_id", "")


def level_of(name: str) -> int:
    """Give the number of a level, by Lambda's name or Python's.

    Raises:
        ValueError: there is none of that name.
    """
    name = name.upper()
    number = _NUMBERS.get(name) or logging.getLevelNamesMapping().get(name)
    if not number:
        raise ValueError(f"{name!r} is no level of logging")
    return number


def configure(level: int, redact: Redact, stream: TextIO | None = None) -> None:
    """Have all loggers of this process write such lines, and no others.

    It takes the place of what Lambda's runtime, or whoever came before, has set up. Python's warnings become lines too.

    Args:
        level: what is below it is not written.
        redact: what every text passes.
        stream: where lines go; standard output by default.
    """
    root = logging.getLogger()
    root.handlers[:] = [_Lines(stream or sys.stdout, redact)]
    root.setLevel(level)
    logging.captureWarnings(capture=True)


def write(
    logger: logging.Logger, level: int, message: str, fields: Mapping[str, object], *, flush: bool = True
) -> None:
    """Write a line of a level that is enabled, as `logger.log` does that is given `fields` as `extra`.

    A record costs as much as all the rest of a line. It is made only if there is somebody to see it: another handler,
    a filter, or a factory of records.

    Args:
        logger: whose line it is.
        level: a level of logging's.
        message: the line's.
        fields: what else is in it.
        flush: whether it goes out at once, or with what is written next.
    """
    handlers = logging.root.handlers
    lines = handlers[0] if len(handlers) == 1 else None
    seen = logger.handlers or logger.filters or not logger.propagate
    if isinstance(lines, _Lines) and not (lines.filters or seen) and logging.getLogRecordFactory() is logging.LogRecord:
        lines.write(logger.name, level, message, fields, flush=flush)
    else:
        logger.log(level, message, extra=fields)


def go_to(stream: TextIO) -> bool:
    """Say whether lines are written to a stream."""
    return any(isinstance(handler, _Lines) and handler.stream is stream for handler in logging.root.handlers)


class _Lines(logging.StreamHandler[TextIO]):
    def __init__(self, stream: TextIO, redact: Redact) -> None:
        super().__init__(stream)
        self._json = JsonLines(redact)
        self.setFormatter(self._json)

    def write(self, logger: str, level: int, message: str, fields: Mapping[str, object], *, flush: bool) -> None:
        """Write a line without a record."""
        self.acquire()
        try:
            self.stream.write(self._json.line(logger, level, message, fields) + self.terminator)
            if flush:
                self.stream.flush()
        except Exception:  # noqa: BLE001, S110 - as `handleError`
            pass
        finally:
            self.release()

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Say nothing of a record that cannot be written: Python would print it as it is, secrets included."""


class JsonLines(logging.Formatter):
    """Formats a record as a line of JSON.

    Args:
        redact: what every text passes. What it hides in a text it has to find too between lines of other texts.
    """

    def __init__(self, redact: Redact) -> None:
        super().__init__()
        self.redact = redact

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Format a record. Nothing is hidden in most lines, so all texts of a line are looked through at once first."""
        texts: list[str] = []

        def collect(text: str) -> str:
            texts.append(text)
            return text

        line = _line(record, collect)
        if self.redact(together := "\n".join(texts)) != together:
            line = _line(record, self.redact)
        return _encoded(line)

    def line(self, logger: str, level: int, message: str, fields: Mapping[str, object]) -> str:
        """Format what a record would have held, without one."""
        texts = [message]
        if not _gathered(fields, texts) or self.redact(together := "\n".join(texts)) != together:
            message = _text(message, self.redact)
            fields = {name: _value(value, name, self.redact) for name, value in fields.items()}
        line = _head(time.time(), logging.getLevelName(level), logger, message)
        line |= _about.get()
        return _encoded({**line, **fields, **line})  # what every line has stands first, and is no field's to change


def _head(moment: float, level: str, logger: str, message: str) -> dict[str, object]:
    """Give what every line has."""
    return {
        "timestamp": timestamp(moment),
        "level": _NAMES.get(level, level),
        "logger": logger,
        "message": message,
    }


def timestamp(moment: float) -> str:
    """Write a moment, in seconds since 1970, as RFC 3339 has it, down to the millisecond before it."""
    seconds, milliseconds = divmod(int(moment * 1000), 1000)
    return f"{_second(seconds)}.{milliseconds:03}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    """Write a second: all of a second's lines begin alike."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _line(record: logging.LogRecord, redact: Redact) -> dict[str, object]:
    line = _head(record.created, record.levelname, record.name, _text(_message(record), redact))
    line |= _about.get()
    if record.exc_info and record.exc_info[0]:
        line["errorType"] = record.exc_info[0].__name__
        line["errorMessage"] = _text(_written(record.exc_info[1]), redact)
        line["stackTrace"] = _text("".join(traceback.format_exception(*record.exc_info)), redact)
    taken = _ORDINARY | line.keys()
    more = {name: _value(value, name, redact) for name, value in vars(record).items() if name not in taken}
    return line | more


def _gathered(fields: Mapping[str, object], texts: list[str]) -> bool:
    """Gather all texts that are in fields; False if one of them has to be cut or hidden, or is something else yet."""
    for name, value in fields.items():
        if type(value) in _BARE:
            continue
        if isinstance(value, str):
            if len(value) > MAX_TEXT or names_credential(name):
                return False
            texts.append(value)
        elif isinstance(value, dict):
            texts += value
            if not _gathered(value, texts):
                return False
        elif isinstance(value, list):
            for item in value:
                if not _gathered({name: item}, texts):
                    return False
        else:
            return False
    return True


def _value(value: object, name: object, redact: Redact, depth: int = 0) -> object:
    """Give what of a value may be seen, as JSON has it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict) and depth < MAX_DEPTH:
        return {_text(_written(key), redact): _value(item, key, redact, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple) and depth < MAX_DEPTH:
        return [_value(item, name, redact, depth + 1) for item in value]
    return HIDDEN if names_credential(name) else _text(_written(value), redact)


def _text(text: str, redact: Redact) -> str:
    """Give what of a text may be seen."""
    return _cut(redact(_cut(text, 4 * MAX_TEXT)), MAX_TEXT)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit may raise anything, and the rest is worth having
        return str(record.msg)


def _written(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a class of somebody else's may raise anything
        return f"<{type(value).__name__}>"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-most // 2 :]}"


def _encoded(line: Mapping[str, object]) -> str:
    try:
        return orjson.dumps(line).decode()
    except TypeError:  # integers over 64 bits, lone surrogates
        return json.dumps(line)
