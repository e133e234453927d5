"""AWS's own runtime interface emulator, one process for each execution environment of a function.

It runs a function's bundle on an interpreter that has, as Lambda's own, the runtime interface client and nothing else,
and takes one request at a time. The times are those that it logs of the runtime, `INIT REPORT` and `INVOKE RTDONE`; its
`REPORT` lines count what the emulator does around it.
"""

import contextlib
import http.client
import json
import platform
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import linux
from fanin.local.layout import ROOT
from fanin.local.process import ports
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import Processes
from fanin.local.sam import build, environments
from fanin.local.sam import built as template
from fanin.local.stack.servers import Server, without_aws
from fanin.local.stack.stack import check
from fanin.observability import price

INTERPRETER: Final = ROOT / ".tools/lambda/bin/python"
OWN_RUNTIME: Final = (
    str(ROOT / "src/fanin/entrypoints/runtime/fanin-runtime"),
    str(INTERPRETER),
    "/var/runtime/bootstrap.py",
)
"""The command of fanin's own runtime, as Lambda calls it; the environment names the handler."""
AWSS_RUNTIME: Final = (str(INTERPRETER), "-m", "awslambdaric")
"""That of AWS's, which the handler's name follows."""
_FOLDER: Final = ROOT / ".tools/sam/lib/python3.13/site-packages/samcli/local/rapid"
_BINARY: Final = _FOLDER / f"aws-lambda-rie-{price.architecture()}"
_PATH: Final = "/2015-03-31/functions/function/invocations"
_WITHIN: Final = 60.0
"""Seconds that an invocation may take, a cold start included."""
_INIT: Final = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")
_INVOKED: Final = re.compile(r"INVOKE RTDONE\(status: (\w+),.*duration: ([\d.]+)ms\)")


@dataclass(frozen=True)
class Bundle:
    """A function as it was built: what Lambda would have under /var/task and /opt."""

    function: str  # its name in the template
    task: Path  # the function's own folder
    layers: Sequence[Path]  # the folders of its layers
    variables: Mapping[str, str]  # what the template sets in its environment, where it says so in plain words
    memory_mb: int  # the memory that the template gives it

    @property
    def path(self) -> str:
        """What Python finds modules in. The emulator, unlike Lambda, leaves out /opt/python."""
        return ":".join(map(str, [self.task, *(layer / "python" for layer in self.layers)]))


class Invocation(NamedTuple):
    """One request that an environment has answered."""

    ms: float  # milliseconds from the event's arrival at the runtime to its answer
    cpu_ms: float  # milliseconds of processor time that the runtime spent on it
    answer: Any  # what the handler gave


@contextlib.contextmanager
def built(console: Console, processes: Processes) -> Iterator[dict[str, Bundle]]:
    """Build the functions for this machine unless they are, and keep others from building meanwhile.

    Gives them by their names in the template.
    """
    environment = environments.read(environments.LOCAL)
    with build.locked(environment, console):
        if not build.is_fresh(environment):
            with console.step("building the functions and layers (sam build)"):
                build.build(environment, processes)
                check(environment)
        output = build.output(environment)
        yield {
            of.name: Bundle(
                of.name, output / of.name, [output / layer for layer in of.layers], of.variables, of.memory_mb
            )
            for of in template.functions(output / "template.yaml")
        }


@dataclass
class Environment:
    """An execution environment of a function, initialised by its first request."""

    function: str  # its name
    port: int  # where the emulator takes invocations
    process: int  # the emulator's
    log: Path  # what it writes
    invocations: int = 0

    @property
    def init_ms(self) -> float:
        """Milliseconds that initialisation took; known with the first answer."""
        return float(_INIT.findall(self._said())[0])

    @property
    def peak_mb(self) -> float:
        """The most megabytes of memory that the runtime has held."""
        return max(linux.held_mb(child, most=True) for child in linux.children(self.process))

    def invoke(self, event: Mapping[str, Any]) -> Invocation:
        """Hand over one event; never two at once.

        Raises:
            Problem: there was no answer.
        """
        before = self._cpu_seconds()
        connection = http.client.HTTPConnection(ports.LOOPBACK, self.port, timeout=_WITHIN)
        try:
            with contextlib.closing(connection):
                connection.request("POST", _PATH, json.dumps(event))
                answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._failed() from error
        self.invocations += 1
        ends, deadline = list[tuple[str, str]](), time.monotonic() + _WITHIN
        while len(ends) < self.invocations:  # the log has a line of each invocation's end, soon after its answer
            if time.monotonic() > deadline:
                raise self._failed()
            time.sleep(0.001)
            ends = _INVOKED.findall(self._said())
        status, ms = ends[-1]
        if status != "success":
            raise self._failed()
        return Invocation(float(ms), (self._cpu_seconds() - before) * 1000, answer)

    def _failed(self) -> Problem:
        return Problem(f"{self.function} failed:\n\n{self._said()[-3000:]}")

    def _cpu_seconds(self) -> float:
        return sum(map(linux.cpu_seconds, linux.children(self.process)))

    def _said(self) -> str:
        return self.log.read_text(errors="replace")


@contextlib.contextmanager
def environment(
    bundle: Bundle, variables: Mapping[str, str], processes: Processes, handler: str = "app.handler"
) -> Iterator[Environment]:
    """Start an execution environment of a function on the measured core, and kill it in the end.

    Raises:
        Problem: the emulator does not run here.
    """
    if platform.system() != "Linux":
        raise Problem("The runtime interface emulator runs on Linux only.")
    port, api = ports.free(), ports.free()
    name = f"{bundle.function}-{port}"
    command: list[str | Path] = [
        *(_BINARY, "--runtime-interface-emulator-address", f"{ports.LOOPBACK}:{port}"),
        *("--runtime-api-address", f"{ports.LOOPBACK}:{api}", *AWSS_RUNTIME, handler),
    ]
    own = {
        "PYTHONPATH": bundle.path,
        "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's disk is read-only
        "LAMBDA_TASK_ROOT": str(bundle.task),
        "AWS_LAMBDA_FUNCTION_NAME": bundle.function,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(bundle.memory_mb),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "WARN",
    }
    process = processes.start(name, command, {**without_aws(), **bundle.variables, **own, **variables}, bundle.task)
    try:
        linux.pin(linux.MEASURED, process.pid)
        Server("The runtime interface emulator", port, process, processes.log(name)).wait()
        yield Environment(bundle.function, port, process.pid, processes.log(name))
    finally:
        processes.stop(process)
