"""Contrast the execution models: `python -m benchmarks.contrast [--quick] [--endpoint NAME | --url URL]`.

Writes build/contrast/results.json, with the raw data and every figure, report.html, and the plots as SVG and PNG;
`--record` writes the tables into docs/contrast.md as well, and `--again results.json` measures nothing, but writes the
report of these results anew. An endpoint reads from the demo upstream, each answer of which takes `--delay` ms, or with
`--live` from the public APIs.
"""

import json
from argparse import Namespace
from pathlib import Path

from benchmarks import command, machine
from benchmarks.contrast import run
from benchmarks.contrast.figures import figures
from benchmarks.contrast.page import parts, report
from benchmarks.contrast.plots import plots
from benchmarks.contrast.settings import FULL, QUICK
from benchmarks.drawing import FAINT, INK
from benchmarks.tables import filled
from fanin.local.layout import BUILD, ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes

FOLDER = BUILD / "contrast"
DOCUMENT = ROOT / "docs/contrast.md"
IMAGES = ROOT / "docs/images"


def main(given: Namespace, console: Console, processes: Processes) -> int:
    """Measure, write, print."""
    if given.again:
        raw = dict(json.loads(Path(given.again).read_text()))
    else:
        settings, raw = QUICK if given.quick else FULL, machine.head(quick=given.quick)
        if given.url:
            raw |= run.outside(given.url.rstrip("/"), run.example(given.endpoint or "trip"), settings.calls[1])
        elif given.endpoint:
            raw |= run.endpoint(given.endpoint, given.delay, settings, console, processes, live=given.live)
        else:
            raw |= run.everything(settings, console, processes)
        raw["load_after"] = machine.load()
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = FOLDER / "results.json"
    results.write_text(json.dumps(raw) + "\n")  # whatever comes of the figures
    found = figures(raw)
    drawn = list(plots(raw, found))
    for plot in drawn:
        plot.write(FOLDER)
    inline = {plot.name: plot.svg.replace(INK, "currentColor").replace(FAINT, "var(--faint)") for plot in drawn}
    document, told = DOCUMENT.read_text(), parts(raw, found)
    (FOLDER / "report.html").write_text(report(document, raw, told, inline))
    results.write_text(json.dumps(raw | {"tables": told}) + "\n")
    if given.record:
        DOCUMENT.write_text(filled(document, told))
        drawn[0].write_schemes(IMAGES / "contrast-light.svg", IMAGES / "contrast-dark.svg")
    console.say("\n\n".join(told.values()))
    console.say(f"\n  {FOLDER / 'report.html'}\n  {results}")
    return 0


if __name__ == "__main__":
    command.run(main, __doc__, quick=False, endpoint="", delay=100, live=False, record=False, again="", url="")
