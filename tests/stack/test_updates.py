"""What `make run` does with changes that it could not serve: it tries them again with the next ones."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from fanin.local.layout import ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import CommandFailed, Processes
from fanin.local.sam import environments
from fanin.local.sam.environments import LOCAL
from fanin.local.stack.updates import Updates

GATEWAY, LAYER, WORKER = "functions/gateway/data.py", "layers/gateway/requirements.txt", "functions/worker/app.py"


class Tried(Updates):
    """Updates that are noted, and not built.

    Args:
        needs: by the name of a function or layer, what has to be updated with it, or before it.
    """

    def __init__(self, processes: Processes, needs: dict[str, str]) -> None:
        stack: Any = SimpleNamespace(environment=environments.read(LOCAL))
        super().__init__(stack, processes, Console())
        self._needs, self._there = needs, set[str]()
        self.tried: list[set[str]] = []

    def _exchange(self, names: Iterable[str]) -> None:
        self.tried.append(new := set(names))
        if any(self._needs.get(name, name) not in self._there | new for name in new):
            raise CommandFailed(["build"], 1, "")
        self._there |= new

    def save(self, file: str) -> list[set[str]]:
        """Serve a change of a file; gives what was tried."""
        self.tried.clear()
        self.serve({ROOT / file})
        return list(self.tried)


@pytest.mark.usefixtures("local_build")
def test_a_handler_that_lacked_a_package_is_served_once_its_layer_has_it(processes: Processes) -> None:
    updates = Tried(processes, {"GatewayFunction": "GatewayLayer"})
    assert updates.save(GATEWAY) == [{"GatewayFunction"}]
    assert updates.save(LAYER) == [{"GatewayFunction", "GatewayLayer"}]
    assert updates.save(WORKER) == [{"WorkerFunction"}]


@pytest.mark.usefixtures("local_build")
def test_a_handler_that_stays_broken_keeps_no_other_change_from_being_served(processes: Processes) -> None:
    updates = Tried(processes, {"GatewayFunction": "nothing"})
    updates.save(GATEWAY)
    both = {"GatewayFunction", "WorkerFunction"}
    assert updates.save(WORKER) == [both, {"WorkerFunction"}]
    assert updates.save(LAYER) == [{"GatewayFunction", "GatewayLayer"}, {"GatewayLayer"}]
    assert updates.save(GATEWAY) == [{"GatewayFunction"}]
