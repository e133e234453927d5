"""`make local`: serve in containers with `sam local start-api` until told to stop, and again after every change.

Environment: PORT, the port to serve on (3000); LIVE=1 to read from the public APIs rather than from sample data.
"""

import os
import sys

from fanin.local import example
from fanin.local.process import ports
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.process.processes import Processes


def main() -> int:
    """Serve; 0 when told to stop, 1 if it cannot."""
    console, interrupts = Console(), Interrupts()
    interrupts.raise_on_signals()
    try:
        example.refuse()
        port = ports.asked(os.environ.get("PORT") or "3000")
        # SAM takes the port itself, minutes later: now is the time to tell that it is not to be had.
        ports.take(port).close()
        with Processes(interrupts) as processes:
            from fanin.local.containers import session  # noqa: PLC0415 - takes half a second, in which Ctrl-C has to work already

            live = os.environ.get("LIVE", "") not in {"", "0"}
            session.run(port or ports.free(), live=live, console=console, processes=processes)
    except Problem as problem:
        console.fail(f"\n{problem}")
        return 1
    except Interrupted:
        interrupts.end()
        console.say("\n  ended, with all that was started")
    return 0


if __name__ == "__main__":
    sys.exit(main())
