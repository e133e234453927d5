"""The sync function: no framework, one call after another, or in threads."""

from collections.abc import Mapping
from pathlib import Path

from fanin.compose.observability import observability
from fanin.compose.parts import Parts
from fanin.engine.execution import BlockingRun, sequential
from fanin.engine.execution.threaded import Threads
from fanin.entrypoints.aws_lambda.handler import Handler
from fanin.entrypoints.plain.handler import sync_handler


def sync(folder: Path, environment: Mapping[str, str]) -> Handler:
    """Make the handler without a framework.

    Args:
        folder: where fanin.toml is.
        environment: the function's environment.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    parts = Parts(folder, environment)
    fetch = parts.blocking_fetch()
    models: dict[str, BlockingRun] = {
        "/sync": lambda request: sequential.run(request, fetch),
        "/sync-threads": Threads(fetch, parts.runtime.clock).run,
    }
    return sync_handler(parts.catalogue, models, door=parts.front_door, observability=observability(environment))
