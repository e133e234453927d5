"""The fakes of an upstream.toml on every address, for functions in containers beside this one.

Usage: python -m fanin.local.upstream.contained FILE HOST PORT

HOST is what the others call this machine. The first fake is at PORT, the second at the next, and so on.
"""

import signal
import sys
from pathlib import Path

from fanin.local.upstream import script_file
from fanin.local.upstream.scripted import ScriptedUpstreams


def main() -> int:
    """Serve until told to stop."""
    file, host, port = sys.argv[1:]
    said = script_file.read(Path(file))
    upstreams = ScriptedUpstreams(said.names, host=host, first_port=int(port))
    upstreams.play(said.script)
    with upstreams.running():
        print(f"listening on {port}", flush=True)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
