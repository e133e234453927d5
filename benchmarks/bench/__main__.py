"""Measure what a call costs beside fanin's peers: `python -m benchmarks.bench [--quick] [--record]`.

Writes the tables into build/bench/results.json and a picture beside it; `--record` writes both into docs/bench.md.
"""

import json
import sys
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


def main() -> int:
    """Measure, write, print; 0 if it could."""
    given = command.options(__doc__, quick=False, record=False)

    def work(console: Console, processes: Processes) -> int:
        raw = run.everything(run.QUICK if given.quick else run.FULL, console, processes) | {"quick": given.quick}
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

    return command.run(work)


if __name__ == "__main__":
    sys.exit(main())
