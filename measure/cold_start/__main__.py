"""Measure ideas for a shorter cold start: `python -m measure.cold_start [--quick]`.

Each function is imported in a fresh interpreter with bytecode, as Lambda imports it, and asked once. Ideas are
interleaved, and compared round by round with the function as it is: what is printed is the CPU that each saves, and one
whose quartiles have zero between them saves nothing that can be seen. Behind it stands the difference of the least
times, which others on the machine disturb least. build/cold_start/results.json has every figure.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure.cold_start.ideas import IDEAS, Idea
from measure.interleaving import interleaved
from measure.machine import description
from measure.progress import Progress
from measure.statistics import Spread

RESULTS = Path("build/cold_start/results.json")
FUNCTIONS = {"gateway": "/health", "sync": "/sync/nowhere"}
"""For each function a path that asks no source."""
_IN_AWS = {
    **dict.fromkeys(("FANIN_TABLE", "FANIN_QUEUE", "FANIN_JOBS", "FANIN_JOBS_QUEUE", "FANIN_JOBS_BUCKET"), "none"),
    **dict.fromkeys(("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "none"),
}
"""What the template gives the gateway, and Lambda: with it, the function has all its parts."""
_AS_IT_IS = "as it is"
_ONCE = """
import time
{before}
import app
{after}
imported = time.process_time()
from fanin.testing.event import Context, event_of
event = event_of("GET", {path!r}, {{}}, {{}}, b"")
began = time.process_time()
app.handler(event, Context())
print(imported * 1e3, (imported + time.process_time() - began) * 1e3, file=__import__("sys").stderr)
"""

type Samples = dict[tuple[str, str], list[float]]


def _environment(bytecode: str, function: str) -> dict[str, str]:
    paths = [f"functions/{function}", "src"]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(Path(path).resolve()) for path in paths),
        "PYTHONPYCACHEPREFIX": bytecode,
        "PYTHONDONTWRITEBYTECODE": "",
        "PYDANTIC_DISABLE_PLUGINS": "true",
        "FANIN_CONFIG": "fanin.toml",
        **(_IN_AWS if function == "gateway" else {}),
    }


def _milliseconds(function: str, idea: Idea, environment: dict[str, str]) -> float:
    program = _ONCE.format(before=idea.before, after=idea.after, path=FUNCTIONS[function])
    ran = subprocess.run([sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True)
    return float(ran.stderr.split()[-1])


def _measured(rounds: int) -> Samples:
    cases = [(function, name) for function in FUNCTIONS for name in IDEAS]
    samples: Samples = {case: [] for case in cases}
    with (
        tempfile.TemporaryDirectory() as bytecode,
        Progress().part("cold starts", len(cases) * (rounds + 1)) as advance,
    ):
        environments = {function: _environment(bytecode, function) for function in FUNCTIONS}
        for turn, (function, name) in interleaved(cases, rounds, leaving_out=1):  # the first writes the bytecode
            spent = _milliseconds(function, IDEAS[name], environments[function])
            advance()
            if turn >= 0:
                samples[function, name].append(spent)
    return samples


def _table(samples: Samples) -> str:
    lines = ["| | " + " | ".join(FUNCTIONS) + " |", f"|---|{'---|' * len(FUNCTIONS)}"]
    whole = [_cell(samples[function, _AS_IT_IS]) for function in FUNCTIONS]
    lines.append(f"| as it is, in all | {' | '.join(whole)} |")
    for name in IDEAS:
        if name != _AS_IT_IS:
            saved = [
                [before - after for before, after in zip(samples[f, _AS_IT_IS], samples[f, name], strict=True)]
                for f in FUNCTIONS
            ]
            least = [min(samples[f, _AS_IT_IS]) - min(samples[f, name]) for f in FUNCTIONS]
            cells = [f"{_cell(spread)}, {least_of:.0f}" for spread, least_of in zip(saved, least, strict=True)]
            lines.append(f"| saved by: {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(samples: list[float]) -> str:
    spread = Spread.of(samples, 0)
    return f"{spread.median:g} ({spread.low:g} to {spread.high:g})"


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(prog="python -m measure.cold_start", description=(__doc__ or "").strip())
    arguments.add_argument("--quick", action="store_true", help="fewer rounds: shows that it works, settles nothing")
    samples = _measured(3 if arguments.parse_args().quick else 21)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    raw = {f"{function}, {name}": found for (function, name), found in samples.items()}
    RESULTS.write_text(json.dumps({"machine": description(), "cpu_ms": raw}, indent=1) + "\n")
    print("CPU ms until the first answer: median (quartiles), and the difference of the least\n")
    print(_table(samples))


if __name__ == "__main__":
    main()
