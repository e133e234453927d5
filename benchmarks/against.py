"""`make against REF=<commit>`: what a call costs now, beside what it cost at another commit, interleaved.

Both checkouts run in fresh interpreters over the same upstream. A ratio under 1 means that today's costs less.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles

from benchmarks.interleaving import interleaved
from benchmarks.upstream import upstream

ROOT = Path(__file__).parents[1]
WIDTHS = (10, 50)
_GIT = shutil.which("git") or "git"
_PROBE = """
import json, runpy, sys, time
began = time.process_time()
handler = runpy.run_path("functions/gateway/app.py")["handler"]
figures = {"cold start, CPU": time.process_time() - began}
class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self): return 29_000
template = json.load(open("tests/events/events/gateway/http-api-get.json"))
def ask(path):
    event = {**template, "rawPath": path, "requestContext": {**template["requestContext"], "http": {
        **template["requestContext"]["http"], "path": path}}}
    answer = handler(event, Context())
    assert answer["statusCode"] == 200, answer
def timed(path, calls, clock=time.process_time):
    ask(path)
    began = clock()
    for _ in range(calls): ask(path)
    return (clock() - began) / calls
figures["warm /health, CPU"] = timed("/health", 1500)
figures["from memory, CPU"] = timed("/kept", 1000)
for width in map(int, sys.argv[1:]):
    figures[f"{width} calls of 100 ms, time"] = timed(f"/wide{width}", 5, time.perf_counter)
    figures[f"{width} calls of 100 ms, CPU"] = timed(f"/wide{width}", 5)
print(json.dumps(figures), file=sys.stderr)
"""


def _configuration(ports: tuple[int, ...]) -> str:
    lines = ["fanin = 1", f'[sources.kept]\nurl = "http://127.0.0.1:{ports[0]}/delay/0"\ncache = {{ fresh = "1h" }}']
    lines += ['[endpoints.kept]\npath = "/kept"\nsources = ["kept"]']
    for number in range(max(WIDTHS)):
        lines.append(f'[sources.s{number}]\nurl = "http://127.0.0.1:{ports[number % len(ports)]}/delay/100"')
    for width in WIDTHS:
        names = json.dumps([f"s{number}" for number in range(width)])
        lines.append(f'[endpoints.wide{width}]\npath = "/wide{width}"\nsources = {names}')
    return "\n".join(lines)


def _probe(checkout: Path, configuration: Path) -> dict[str, float]:
    package = next(folder for folder in ("src", "layers/fanin/src") if (checkout / folder).exists())
    environment = os.environ | {
        "PYTHONPATH": f"{checkout / package}:{checkout / 'functions/gateway'}",
        "FANIN_CONFIG": str(configuration),
        "FANIN_ALLOW": "127.0.0.0/8:*",
    }
    command = [sys.executable, "-c", _PROBE, *map(str, WIDTHS)]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stderr.splitlines()[-1])
    return figures


def main() -> None:
    """Print a row for each figure: today's median, the other's, and the ratio with its quartiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ref")
    parser.add_argument("--rounds", type=int, default=11)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, upstream() as served:
        other = Path(folder) / "other"
        subprocess.run([_GIT, "worktree", "add", "-q", "--detach", other, given.ref], cwd=ROOT, check=True)
        try:
            configuration = Path(folder) / "fanin.toml"
            configuration.write_text(_configuration(served.ports))
            found: dict[Path, list[dict[str, float]]] = {ROOT: [], other: []}
            for turn, checkout in interleaved([ROOT, other], given.rounds, leaving_out=1):
                figures = _probe(checkout, configuration)
                if turn >= 0:
                    found[checkout].append(figures)
        finally:
            subprocess.run([_GIT, "worktree", "remove", "--force", other], cwd=ROOT, check=True)
    print(f"{'':28}{'now':>10}{given.ref[:10]:>12}   ratio (quartiles), {given.rounds} rounds")
    for name in found[ROOT][0]:
        pairs = [(now[name], then[name]) for now, then in zip(found[ROOT], found[other], strict=True)]
        low, middle, high = quantiles([now / then for now, then in pairs], n=4)
        now, then = (1000 * median(column) for column in zip(*pairs, strict=True))
        print(f"{name:28}{now:8.3f}ms{then:10.3f}ms   {middle:.3f} ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
