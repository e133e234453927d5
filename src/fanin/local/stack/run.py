"""`make run`: serve the stack on this machine until told to stop, and keep it up with the files it is made from.

Environment: PORT, the port to serve on (3000); LIVE=1 to read from the public APIs rather than from sample data;
EXAMPLE, a folder of examples/ whose fanin.toml is served over the fakes of its upstream.toml; FANIN_HOSTS, hosts to
answer for beside loopback's.
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
    example.check()
    at = ports.take(ports.asked(os.environ))
    console.say(f"fanin on http://{ports.LOOPBACK}:{at.getsockname()[1]}")
    with Processes(interrupts) as processes:
        from fanin.local.stack import session  # noqa: PLC0415 - takes half a second, in which Ctrl-C has to work already

        session.run(at, live=reads_live(os.environ), console=console, processes=processes)


if __name__ == "__main__":
    sys.exit(main())
