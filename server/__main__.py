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
from fanin.local.process.console import Console
from fanin.local.process.interrupts import Interrupts
from fanin.local.process.processes import Processes
from fanin.local.process.program import until_stopped


def main() -> int:
    """Serve; 0 when told to stop, 1 if it cannot."""
    return until_stopped(_serve)


def _serve(console: Console, interrupts: Interrupts) -> None:
    with Processes(interrupts) as processes, ports.take(ports.asked(os.environ)) as at:
        from server.serve import serve  # noqa: PLC0415 - takes a second, in which Ctrl-C has to work already

        serve(at, os.environ.get("COMPOSITION") or "mounted", processes, console, interrupts)


if __name__ == "__main__":
    sys.exit(main())
