"""Who is measured by asking a handler: fanin as it was built, and its peers, each by the same probe."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks import linux
from benchmarks.configuration import LOOPBACK, url_of
from benchmarks.emulator import Bundle
from benchmarks.upstream import Upstream
from fanin.local.layout import ROOT, RUNTIME_PYTHON
from fanin.local.process.console import Problem
from fanin.local.sam.freezing import freeze
from fanin.local.stack.servers import without_aws

type Case = tuple[str, int, str]
"""A path, how often it is asked, and what is measured: what probe.py says of it."""

PEERS: Final = ROOT / "benchmarks/peers"
PACKAGES: Final = ROOT / ".tools/peers/lib/python3.13/site-packages"
_PYTHON: Final = ("careless", "tuned", "by_hand", "powertools", "framework")
NODE: Final = shutil.which("node")
_EVENT: Final = ROOT / "tests/events/events/gateway/http-api-get.json"
_PROBE: Final = Path(__file__).with_name("probe.py")
_WITHIN: Final = 900.0


@dataclass(frozen=True)
class Contestant:
    """A handler, and how it is started."""

    name: str  # that of its file, or fanin
    module: str  # its module; a file for Node
    path: str = ""  # what Python finds modules in
    variables: Mapping[str, str] = field(default_factory=dict)  # its environment

    def probed(self, cases: Sequence[Case], under: Sequence[str] = ()) -> list[float]:
        """Run the probe on it in a new process, on the measured core; the first case is a cold start.

        Raises:
            Problem: it failed.
        """
        of_node = self.module.endswith(".mjs")
        program = [NODE or "node", _PROBE.with_suffix(".mjs")] if of_node else [RUNTIME_PYTHON, _PROBE]
        command = [*under, *program, self.module, _EVENT, json.dumps(cases)]
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        linux.pin(linux.MEASURED, process.pid)
        try:
            said = process.communicate(timeout=_WITHIN)[1].decode(errors="replace")
        finally:
            process.kill()
        if process.returncode:
            raise Problem(f"{self.name} failed:\n\n{said[-3000:]}")
        found: list[float] = json.loads([line for line in said.splitlines() if line.startswith("[")][-1])
        return found

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its process: Lambda's disk is read-only; nothing of AWS's or of the probe's is found."""
        own = {"PYTHONPATH": self.path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1"}
        return {**without_aws(), **own, **self.variables}


def fanin(bundle: Bundle, configuration: Path) -> Contestant:
    """Give fanin's gateway as `sam build` made it, with another fanin.toml in a copy of its folder."""
    task = configuration.with_suffix("")
    shutil.copytree(bundle.task, task)
    shutil.copyfile(configuration, task / "fanin.toml")
    freeze(task)
    variables = {**bundle.variables, "FANIN_ALLOW": LOOPBACK, "LAMBDA_TASK_ROOT": str(task)}
    return Contestant("fanin", "app", replace(bundle, task=task).path, variables)


def peers(folder: Path, upstream: Upstream, most: int, delay_ms: int) -> dict[str, Contestant]:
    """Give the peers by their files' names, with so many sources that take so long; Node only if it is installed."""
    urls = {"PEER_URLS": " ".join(url_of(upstream, number, delay_ms) for number in range(most))}
    found = {name: Contestant(name, name, f"{PEERS}:{PACKAGES}", urls) for name in _PYTHON}
    bare = folder / "without-bytecode"  # installers leave none in a bundle
    shutil.copytree(PACKAGES, bare, ignore=shutil.ignore_patterns("__pycache__"), copy_function=os.link)
    found["naive"] = Contestant("naive", "naive", f"{PEERS}:{bare}", urls)
    if NODE:
        found["node"] = Contestant("node", str(PEERS / "node.mjs"), variables=urls)
    return found
