"""What the console adds to a request, in instructions: `make console-cost`. It takes valgrind.

The same requests go to the gateway without a console, and to the gateway as `make serve` has it, with the console on
and each request kept for its page (`consoles.py`). Callgrind counts the instructions of both, in one
process after a warm-up. With the page open on Recent, it reads every two seconds what came since: each request once.
That is counted at ten requests a second.
"""

import sysconfig
from argparse import Namespace
from typing import Final

from benchmarks import command, configuration
from benchmarks.contestants import Contestant
from benchmarks.counts import instructions
from benchmarks.upstream import upstream
from fanin.local.layout import ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes

LIMIT: Final = 0.03
"""The share of a request's instructions that the console may add, with its page open, too."""
CALLS: Final = 6
_REQUESTS: Final = 60


def main(_: Namespace, console: Console, processes: Processes) -> int:
    """Count; 0 if the console adds no more than `LIMIT`."""
    off, *kept = counted(processes)
    on, opened = (each / off - 1 for each in kept)
    console.say(
        f"instructions of a request with {CALLS} calls\n"
        f"  {off:12,}   without the console\n"
        f"  {kept[0]:12,}   with it: {on:+.1%}\n"
        f"  {kept[1]:12,}   with its page open: {opened:+.1%}, at most {LIMIT:.0%}"
    )
    return 0 if max(on, opened) <= LIMIT else 1


def counted(processes: Processes) -> list[int]:
    """Count the instructions of a request without the console, with it, and with its page open."""
    with upstream() as serving:
        file = configuration.write(processes.folder, serving, (CALLS,), 0)
        variables = configuration.variables(file) | {"FANIN_LOG_LEVEL": "ERROR", "FANIN_THREADS": "off"}
        variables |= {"CONSOLE_CALLS": str(CALLS)}
        path = f"{ROOT}:{ROOT / 'src'}:{sysconfig.get_path('purelib')}"
        asked = [(name, _REQUESTS) for name in ("/off", "/on", "/open")]
        _, *found = instructions(
            Contestant("console", "benchmarks.consoles", path, variables), [("/off", 1), *asked], processes.folder
        )
        return found


if __name__ == "__main__":
    command.run(main, __doc__, failed=2)
