"""`make serve`: FastAPI, Django and its admin in one process, on loopback.

Environment: PORT, the port to serve on (3000); COMPOSITION, `mounted` (Django inside FastAPI) or `beside` (both side by
side); LIVE=1 to read from what fanin.toml and the environment name rather than from sample data; EXAMPLE, a
folder of examples/ whose fanin.toml is served over the fakes of its upstream.toml; DATABASE_URL for
another database than SQLite; FANIN_HOSTS, hosts to answer for beside loopback's; FANIN_ADMIN_PASSWORD for the admin's
user `admin`, a new one at each start without it.
"""

import os
import sys

from fanin.local.process import ports
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.process.processes import Processes


def main() -> int:
    """Serve; 0 when told to stop, 1 if it cannot."""
    console, interrupts = Console(), Interrupts()
    interrupts.raise_on_signals()
    try:
        with Processes(interrupts) as processes, ports.take(ports.asked(os.environ.get("PORT") or "3000")) as at:
            from server.serve import serve  # noqa: PLC0415 - takes a second, in which Ctrl-C has to work already

            serve(at, os.environ.get("COMPOSITION") or "mounted", processes, console, interrupts)
    except Problem as problem:
        console.fail(f"\n{problem}")
        return 1
    except Interrupted:
        interrupts.end()
        console.say("\n  ended, with all that was started")
    return 0


if __name__ == "__main__":
    sys.exit(main())
