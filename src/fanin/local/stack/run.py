"""`make run`: serve the stack on this machine until told to stop, and keep it up with the files it is made from.

Environment: PORT, the port to serve on (3000); LIVE=1 to read from the public APIs rather than from sample data;
EXAMPLE, a folder of examples/ whose fanin.toml is served over the fakes of its upstream.toml.
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
        example.check()
        at = ports.take(ports.asked(os.environ.get("PORT") or "3000"))
        console.say(f"fanin on http://{ports.LOOPBACK}:{at.getsockname()[1]}")
        with Processes(interrupts) as processes:
            from fanin.local.stack import session  # noqa: PLC0415 - takes half a second, in which Ctrl-C has to work already

            session.run(at, live=os.environ.get("LIVE", "") not in {"", "0"}, console=console, processes=processes)
    except Problem as problem:
        console.fail(f"\n{problem}")
        return 1
    except Interrupted:
        interrupts.end()
        console.say("\n  ended, with all that was started")
    return 0


if __name__ == "__main__":
    sys.exit(main())
