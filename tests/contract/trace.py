"""The path of a request through the package: `python -m tests.contract.trace` prints how long it is.

The gateway is asked for an endpoint, warm and without a cache, and every Python function of the package that is called
meanwhile is counted: on the loop, and in threads. A coroutine counts when it starts, and not each time it goes on.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import CodeType

import fanin
from fanin.compose.gateway import gateway
from fanin.entrypoints.aws_lambda.handler import Handler
from fanin.local.layout import ROOT
from fanin.local.upstream.app import variables
from fanin.local.upstream.process import Upstream
from tests.contract.ask import Question, in_process
from tests.functions import asgi

PACKAGE = f"{Path(fanin.__file__).parent}{os.sep}"
_WARM = 3
"""Requests before the one that is counted: connections, routes and regular expressions are made in the first."""


@dataclass(frozen=True)
class Passed:
    """What was called.

    Args:
        calls: file, below the package, and qualified name of each function, in the order of the calls.
    """

    calls: list[tuple[str, str]]

    @property
    def files(self) -> Counter[str]:
        """How many calls each file had."""
        return Counter(file for file, _ in self.calls)

    @property
    def changes(self) -> int:
        """How often a call was in another file than the call before it."""
        return sum(one != other for (one, _), (other, _) in pairwise(self.calls))


@contextmanager
def recorded() -> Iterator[list[CodeType]]:
    """Record every function of the package that is called, in any thread."""
    monitoring, called = sys.monitoring, list[CodeType]()

    def started(code: CodeType, _offset: int) -> object:
        if code.co_filename.startswith(PACKAGE):
            called.append(code)
            return None
        return monitoring.DISABLE

    monitoring.use_tool_id(monitoring.PROFILER_ID, "trace")
    monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.PY_START, started)
    monitoring.restart_events()
    monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.PY_START)
    try:
        yield called
    finally:
        monitoring.set_events(monitoring.PROFILER_ID, 0)
        monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.PY_START, None)
        monitoring.free_tool_id(monitoring.PROFILER_ID)


def path_of(handler: Handler, target: str) -> Passed:
    """Ask the gateway's handler until it is warm, and once more.

    Args:
        handler: the gateway's.
        target: the path that is asked for.
    """
    ask = in_process(handler, "")
    for _ in range(_WARM):
        ask(Question(target))
    with recorded() as called:
        reply = ask(Question(target))
    assert reply.headers["fanin-complete"] == "?1"
    return Passed([(code.co_filename.removeprefix(PACKAGE), code.co_qualname) for code in called])


@contextmanager
def demo() -> Iterator[Handler]:
    """Compose the gateway over a demo upstream, without a cache."""
    with Upstream() as upstream:
        environment = {**variables(upstream.base_url), "FANIN_ALLOW": "127.0.0.0/8:*", "FANIN_CACHE": "off"}
        with asgi(gateway(ROOT, environment)) as handler:
            yield handler


def main() -> None:
    """Print the path of `GET /trip/Lisbon`."""
    with demo() as handler:
        path = path_of(handler, "/trip/Lisbon")
    for file, calls in path.files.most_common():
        sys.stdout.write(f"{calls:6,}  {file}\n")
    totals = f"{len(path.files)} files, {path.changes:,} changes between files, {len(path.calls):,} calls\n"
    sys.stdout.write(totals)


if __name__ == "__main__":
    main()
