"""`make local`: serve in containers with `sam local start-api` until told to stop, and again after every change.

Environment: PORT, the port to serve on (3000); LIVE=1 to read from the public APIs rather than from sample data.
"""

import os
import sys

from fanin.local import example
from fanin.local.process import ports
from fanin.local.process.console import Console
from fanin.local.process.interrupts import Interrupts
from fanin.local.process.processes import Processes
from fanin.local.process.program import reads_live, until_stopped


def main() -> int:
    """Serve; 0 when told to stop, 1 if it cannot."""
    return until_stopped(_serve)


def _serve(console: Console, interrupts: Interrupts) -> None:
    example.refuse()
    port = ports.asked(os.environ)
    # SAM takes the port itself, minutes later: now is the time to tell that it is not to be had.
    ports.take(port).close()
    with Processes(interrupts) as processes:
        from fanin.local.containers import session  # noqa: PLC0415 - takes half a second, in which Ctrl-C has to work already

        live = reads_live(os.environ)
        session.run(port or ports.free(), live=live, console=console, processes=processes)


if __name__ == "__main__":
    sys.exit(main())
