"""A function in a process of its own, asked once: how much memory the request took.

Usage: python -m tests.faults.memory FOLDER PATH. It reads FOLDER/fanin.toml, and writes as JSON the answer's status,
the problem of each source, and by how many bytes the process grew. Linux counts them.
"""

import json
import re
import sys
from pathlib import Path

from fanin.compose import gateway, sync
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.testing.event import Context, event_of

ENVIRONMENT = {"FANIN_ALLOW": "127.0.0.0/8:*", "FANIN_THREADS": "on"}


def most() -> int:
    """Give the most bytes that this process has had in memory since the last `forget`."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found
    return int(found[1]) * 1024


def forget() -> None:
    """Let `most` begin anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def main(folder: Path, path: str) -> None:
    """Ask for a path, twice: the first time for what is made once, with the sources' small answers."""
    of_the_loop = asgi_handler(gateway.gateway(folder, ENVIRONMENT))
    handler = sync.sync(folder, ENVIRONMENT) if path.startswith("/sync") else of_the_loop
    handler(event_of("GET", f"{path}?shape=small", {}, {}, b""), Context())
    forget()
    before = most()
    reply = handler(event_of("GET", f"{path}?shape=hostile", {}, {}, b""), Context())
    body = json.loads(reply["body"])
    problems = {name: problem["type"].rpartition("/")[2] for name, problem in body.get("sources", {}).items()}
    sys.stdout.write(json.dumps([reply["statusCode"], body.get("type", ""), problems, most() - before, most()]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
