"""Compare the clients of AWS's services: `python -m measure.aws_clients [--quick]`.

Each is imported and called once in a fresh interpreter with bytecode, interleaved with the others. What is counted is
the CPU that comes on top of what a function has imported anyway. Prints a table in Markdown, and writes every figure to
build/aws_clients/results.json.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from measure.aws_clients.candidates import CANDIDATES, FUNCTIONS

RESULTS = Path("build/aws_clients/results.json")
_ANSWER = b'{"Item": {"key": {"S": "a"}}}'


class _DynamoDb(BaseHTTPRequestHandler):
    """Answers every request with one item."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(_ANSWER)))
        self.end_headers()
        self.wfile.write(_ANSWER)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _dynamodb() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _DynamoDb) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _measured(url: str, rounds: int) -> dict[str, dict[str, list[float]]]:
    spent: dict[str, dict[str, list[float]]] = {function: {name: [] for name in CANDIDATES} for function in FUNCTIONS}
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "PYTHONPYCACHEPREFIX": bytecode,
            "PYTHONDONTWRITEBYTECODE": "",
            "PYDANTIC_DISABLE_PLUGINS": "true",
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        for turn in range(rounds + 1):
            for function in FUNCTIONS:
                for candidate in CANDIDATES:
                    said = subprocess.run(
                        [sys.executable, "-m", "measure.aws_clients.first_call", function, candidate],
                        env=environment,
                        check=True,
                        stdout=subprocess.PIPE,
                        text=True,
                    ).stdout
                    if turn:  # the first wrote the bytecode
                        spent[function][candidate].append(float(said))
            print(f"round {turn} of {rounds}", file=sys.stderr, flush=True)
    return spent


def _table(spent: dict[str, dict[str, list[float]]]) -> str:
    lines = [f"| | {' | '.join(spent)} |", f"|---|{'---|' * len(spent)}"]
    for candidate in CANDIDATES:
        cells = []
        for samples in (of[candidate] for of in spent.values()):
            low, median, high = statistics.quantiles(samples, n=4)
            cells.append(f"{median:.0f} ({low:.0f}\N{EN DASH}{high:.0f})")
        lines.append(f"| {candidate} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(prog="python -m measure.aws_clients", description=(__doc__ or "").strip())
    arguments.add_argument("--quick", action="store_true", help="fewer rounds: shows that it works, settles nothing")
    rounds = 3 if arguments.parse_args().quick else 15
    with _dynamodb() as url:
        spent = _measured(url, rounds)
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.machine()}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine, "cpu_ms": spent}, indent=1) + "\n")
    print("CPU ms of import and first call, on top of what a function has imported: median (quartiles)\n")
    print(_table(spent))


if __name__ == "__main__":
    main()
