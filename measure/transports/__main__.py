"""Compare the transports: `python -m measure.transports [--quick]`.

Prints the tables in Markdown, and writes every figure to build/transports/results.json.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from measure.transports import bounds, certificates, cold_start, fanout, freeze, pinning, tls
from measure.transports.candidates import CANDIDATES, callers
from measure.transports.certificates import Trust
from measure.transports.report import markdown
from measure.upstream import HOSTS, Upstream, upstream

RESULTS = Path("build/transports/results.json")


def main() -> None:
    """Measure, print, write."""
    arguments = argparse.ArgumentParser(prog="python -m measure.transports", description=(__doc__ or "").strip())
    arguments.add_argument("--quick", action="store_true", help="fewer rounds: shows that it works, settles nothing")
    quick: bool = arguments.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        trust, chain = certificates.make(Path(folder))
        with upstream(chain) as serving:
            results = _measure(trust, serving, quick=quick)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, default=_plain) + "\n")
    print(markdown(results))


def _measure(trust: Trust, serving: Upstream, *, quick: bool) -> dict[str, Any]:
    rounds = 3 if quick else 15
    sizes = (1, 10) if quick else (1, 10, 50, HOSTS)
    results: dict[str, Any] = {
        "machine": {"python": platform.python_version(), "cores": os.cpu_count(), "system": platform.machine()},
        "rounds": rounds,
    }
    _progress("cold start")
    results["cold_start_ms"] = cold_start.milliseconds(rounds)
    results["bundle_mb"] = {candidate.name: cold_start.megabytes(candidate) for candidate in CANDIDATES}
    for calls in sizes:
        for hosts in dict.fromkeys((calls, 1)):
            key = f"{calls} calls, {hosts} hosts"
            _progress(f"fan-out: {key}")
            results.setdefault("warm_ms", {})[key] = asyncio.run(
                fanout.warm(trust, serving, CANDIDATES, calls, hosts=hosts, rounds=rounds)
            )
        if 1 < calls < HOSTS:
            results.setdefault("cold_ms", {})[f"{calls} calls, {calls} hosts"] = asyncio.run(
                fanout.cold(trust, serving, CANDIDATES, calls, hosts=calls, rounds=max(3, rounds // 2))
            )
    for at_once in (1, 10) if quick else (1, 10, 50):
        _progress(f"CPU: {at_once} at once")
        results.setdefault("cpu_us", {})[f"{at_once} at once"] = asyncio.run(
            fanout.cost(trust, serving, CANDIDATES, at_once=at_once, rounds=rounds)
        )
    for yielding in (False, True):
        _progress(f"freeze: {yielding=}")
        results["after_freeze" + ("_and_a_turn" if yielding else "")] = freeze.after_freezes(
            trust.authority_pem, serving, 20 if quick else 100, yielding=yielding
        )
    _progress("TLS")
    results["tls"] = {caller.name: tls.kept(caller, serving, runs=6) for caller in callers(trust)}
    _progress("pinning")
    results["pinning"] = {
        name: asyncio.run(pinning.pinned(how, call, trust, serving)) for name, (how, call) in pinning.WAYS.items()
    }
    _progress("bounds")
    results["by_the_clock"] = asyncio.run(bounds.by_the_clock(trust, serving))
    results["flooded"] = asyncio.run(bounds.flooded(trust, serving))
    return results


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"not a result: {value!r}")


def _progress(what: str) -> None:
    print(f"measuring {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
