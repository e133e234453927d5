"""The worker: does tasks from its queue."""

from collections.abc import Mapping
from pathlib import Path

from fanin.compose.parts import Parts
from fanin.worker.handler import TaskHandler, worker_handler
from fanin.worker.refresh import REFRESH, refresh_kind


def worker(folder: Path, environment: Mapping[str, str]) -> TaskHandler:
    """Make the handler that does tasks.

    Args:
        folder: where fanin.toml is.
        environment: the function's environment.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    parts = Parts(folder, environment)
    refresh = refresh_kind(parts.config.sources, parts.pipelines(renewing=True), parts.given.clock)
    return worker_handler({REFRESH: refresh}, clock=parts.given.clock)
