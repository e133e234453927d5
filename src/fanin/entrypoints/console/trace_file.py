"""The traces of requests as lines of a file: functions write them, and the front door of `make run` reads them.

No function sees the requests of the others, and the headers of an answer do not say when calls began. The file is on
one machine; in a deployment there is none.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

from fanin.config.values import Json
from fanin.engine.result import Result
from fanin.entrypoints.console.recent import MAX_RESULTS
from fanin.entrypoints.console.trace import Kept
from fanin.observability.kept_lines import KeptLines
from fanin.observability.logs import request_id
from fanin.observability.redact import Redact
from fanin.observability.served import Served

MAX_FILE: Final = 16 * 1024 * 1024
"""Bytes from which the file begins anew, once all of it is read."""
_MAX_UNCLAIMED: Final = 200
"""Traces that are kept until their request's answer comes by."""


class TraceWriter:
    """Is told of each request that a function served, and writes its trace before the answer goes out.

    Args:
        file: takes a line for each.
        lines: what was logged.
    """

    def __init__(self, file: Path, lines: KeptLines) -> None:
        self._file = file
        self._lines = lines

    def __call__(self, served: Served) -> None:
        """Write a request's trace. Where that fails there is one less to see."""
        request = request_id()
        told = {"id": request, "lines": self._lines.of(request), **told_results(served.results, self._lines.redact)}
        if served.by_page:
            made = served.by_page[-1]
            told["by_page"] = {"method": made.method, "path": self._lines.redact(made.path), "status": made.status}
        line = orjson.dumps(told) + b"\n"
        with suppress(OSError):
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, line)  # in one piece, so that lines of several functions do not mix
            finally:
                os.close(descriptor)


def told_results(results: Sequence[Result], redact: Redact) -> dict[str, Json]:
    """Tell what was aggregated for a request, and the endpoint of each."""
    endpoints: list[Json] = [result.goal.name for result in results[:MAX_RESULTS]]
    told: list[Json] = [Kept.of(result, None).told(redact) for result in results[:MAX_RESULTS]]
    return {"endpoints": endpoints, "results": told}


class TraceReader:
    """Reads what functions have written. It is used by one thread only.

    Args:
        file: where they write; it may not be there yet.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._rest = b""
        self._unclaimed: dict[str, dict[str, Any]] = {}

    def take(self, request: str) -> dict[str, Any] | None:
        """Give the trace of a request by its id; None if no function has written one."""
        with suppress(OSError), self._file.open("rb") as file:
            file.seek(self._read)
            new = file.read()
            self._read += len(new)
            *lines, self._rest = (self._rest + new).split(b"\n")
            for line in lines:
                told = orjson.loads(line)
                self._unclaimed[told["id"]] = told
            if self._read > MAX_FILE and not self._rest:
                os.truncate(self._file, 0)
                self._read = 0
        while len(self._unclaimed) > _MAX_UNCLAIMED:
            del self._unclaimed[next(iter(self._unclaimed))]
        return self._unclaimed.pop(request, None)
