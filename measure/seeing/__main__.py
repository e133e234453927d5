"""Compare ways to write log lines and metrics: `python -m measure.seeing [--quick]`.

Each runs in a fresh interpreter with bytecode, interleaved with the others, and writes to /dev/null. What is counted is
CPU: of importing and setting up, on top of what a function has imported anyway, and of each request. Prints a table in
Markdown, and writes every figure to build/seeing/results.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure.interleaving import interleaved
from measure.machine import description
from measure.progress import Progress
from measure.seeing.candidates import CANDIDATES, FUNCTIONS
from measure.statistics import Spread

RESULTS = Path("build/seeing/results.json")

type Samples = dict[tuple[str, str], list[dict[str, float]]]


def _measured(rounds: int) -> Samples:
    cases = [(function, candidate) for function in FUNCTIONS for candidate in CANDIDATES]
    samples: Samples = {case: [] for case in cases}
    with (
        tempfile.TemporaryDirectory() as bytecode,
        Progress().part("log lines and metrics", len(cases) * (rounds + 1)) as advance,
    ):
        environment = {
            **os.environ,
            "PYTHONPYCACHEPREFIX": bytecode,
            "PYTHONDONTWRITEBYTECODE": "",
            "PYDANTIC_DISABLE_PLUGINS": "true",
        }
        for turn, case in interleaved(cases, rounds, leaving_out=1):  # the first writes the bytecode
            said = subprocess.run(
                [sys.executable, "-m", "measure.seeing.write_many", *case],
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout
            advance()
            if turn >= 0:
                samples[case].append(json.loads(said))
    return samples


def _table(samples: Samples) -> str:
    lines = ["| | µs a request | ms on top of the gateway | of the sync function |", "|---|---|---|---|"]
    for candidate in CANDIDATES:
        requests = [sample["us"] for function in FUNCTIONS for sample in samples[function, candidate]]
        starts = [[sample["ms"] for sample in samples[function, candidate]] for function in FUNCTIONS]
        cells = [_cell(Spread.of(requests, 0)), *(_cell(Spread.of(each, 1)) for each in starts)]
        lines.append(f"| {candidate} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(spread: Spread) -> str:
    return f"{spread.median:g} ({spread.low:g}\N{EN DASH}{spread.high:g})"


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(prog="python -m measure.seeing", description=(__doc__ or "").strip())
    arguments.add_argument("--quick", action="store_true", help="fewer rounds: shows that it works, settles nothing")
    samples = _measured(2 if arguments.parse_args().quick else 15)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    raw = {f"{function}, {candidate}": found for (function, candidate), found in samples.items()}
    RESULTS.write_text(json.dumps({"machine": description(), "samples": raw}, indent=1) + "\n")
    print("CPU: median (quartiles)\n")
    print(_table(samples))


if __name__ == "__main__":
    main()
