"""/stream: the built gateway by fanin's own runtime, behind a Runtime API and a function URL of this machine.

The embedded AWS hands on answers whole, as AWS's runtime for Python does. So what streams runs beside it: one
environment, as Lambda would lay it out, with the variables of the function there.
"""

import os
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fanin.local.layout import RUNTIME_PYTHON
from fanin.local.process.processes import Processes
from fanin.local.sam.built import Function
from fanin.local.stack.deployment import Deployment
from fanin.local.stack.servers import REGION, TRACES, traces

PATH: Final = "/stream"
"""Below which the front door has it."""
FUNCTION: Final = "GatewayFunction"
_OPT: Final = "/opt/"


class Environment:
    """An environment of a function, as Lambda has one: it starts at the first event, and at the next once it ended.

    Args:
        function: the function.
        artifacts: the folder in which each function and layer was built, by its name in the template.
        deployment: the stack, which has the function's variables.
        processes: what the runtime runs under.
    """

    def __init__(
        self, function: Function, artifacts: Mapping[str, Path], deployment: Deployment, processes: Processes
    ) -> None:
        self._function, self._artifacts = function, artifacts
        self._deployment, self._processes = deployment, processes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def begin(self, runtime_api: str) -> None:
        """Start the runtime, unless it runs.

        Args:
            runtime_api: where it finds the Runtime API.
        """
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = self._started(runtime_api)

    def replace(self, artifacts: Mapping[str, Path]) -> None:
        """Let the next event start what is in other folders."""
        self._artifacts = artifacts
        self.end()

    def end(self) -> None:
        """End the runtime, whatever it is doing."""
        with self._lock:
            if self._process is not None:
                self._processes.stop(self._process)
                self._process = None

    def _started(self, runtime_api: str) -> subprocess.Popen[bytes]:
        variables = self._deployment.variables(self._function.name)
        task, layers = self._artifacts[self._function.name], [self._artifacts[name] for name in self._function.layers]
        wrapper = variables["AWS_LAMBDA_EXEC_WRAPPER"].removeprefix(_OPT)
        given = {
            **self._deployment.environment,
            **variables,
            TRACES: str(traces(self._processes)),
            "AWS_LAMBDA_FUNCTION_NAME": self._deployment.ids[self._function.name],
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "AWS_REGION": REGION,
            "LAMBDA_TASK_ROOT": str(task),
            "PYTHONDONTWRITEBYTECODE": "1",
            # Lambda puts all layers into /opt, which is not for this program to write to.
            "PYTHONPATH": os.pathsep.join(str(layer / "python") for layer in layers),
            "_HANDLER": "app.handler",
        }
        found = next(layer / wrapper for layer in reversed(layers) if (layer / wrapper).exists())
        return self._processes.start("stream", [found, RUNTIME_PYTHON, "/var/runtime/bootstrap.py"], given, task)
