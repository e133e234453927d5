"""Measure what a call costs beside fanin's peers: `python -m benchmarks.bench [--quick] [--record]`.

Writes the tables into build/bench/results.json and a picture beside it; `--record` writes both into docs/bench.md.
"""

import json
from argparse import Namespace
from typing import Final

from benchmarks import command, machine
from benchmarks.bench import run
from benchmarks.bench.figures import tables
from benchmarks.bench.plot import drawn
from benchmarks.tables import filled
from fanin.local.layout import BUILD, ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes

_FOLDER: Final = BUILD / "bench"
_DOCUMENT: Final = ROOT / "docs/bench.md"


def main(given: Namespace, console: Console, processes: Processes) -> int:
    """Measure, write, print."""
    raw = machine.head(quick=given.quick)
    raw |= run.everything(run.QUICK if given.quick else run.FULL, console, processes) | {"load_after": machine.load()}
    _FOLDER.mkdir(parents=True, exist_ok=True)
    (_FOLDER / "results.json").write_text(json.dumps(raw) + "\n")
    picture = drawn(raw["figures"])
    picture.write(_FOLDER)
    told = {"notices": machine.notices(raw)} | {table.name: table.markdown for table in tables(raw)}
    if given.record:
        _DOCUMENT.write_text(filled(_DOCUMENT.read_text(), told))
        (ROOT / "docs/images/bench.png").write_bytes(picture.png)
    console.say("\n\n".join(filter(None, told.values())))
    console.say(f"\n  {_FOLDER / 'results.json'}\n  {_FOLDER / 'bench.png'}")
    return 0


if __name__ == "__main__":
    command.run(main, __doc__, quick=False, record=False)
