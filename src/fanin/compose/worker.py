"""The worker: does tasks from its queue, and looks each minute for answers that are to be kept warm."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from fanin.compose.parts import Parts
from fanin.entrypoints.aws_lambda.tasks import TaskHandler, nothing_due, worker_handler
from fanin.stores.table_warm import TableWarm
from fanin.worker.queue import Tasks
from fanin.worker.refresh import REFRESH, refresh_kind
from fanin.worker.schedule import refresh_due


def worker(folder: Path, environment: Mapping[str, str]) -> TaskHandler:
    """Make the handler that does tasks.

    Args:
        folder: where fanin.toml is.
        environment: the function's environment.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    parts = Parts(folder, environment)
    refresh = refresh_kind(parts.catalogue, parts.pipelines(renewing=True))
    return worker_handler({REFRESH: refresh}, minute=_minute(parts), clock=parts.runtime.clock)


def _minute(parts: Parts) -> Callable[[], Awaitable[None]] | None:
    """Make what sees to answers that are due; None where the environment names no table and queue."""
    table, queue = parts.environment.get("FANIN_TABLE"), parts.environment.get("FANIN_QUEUE")
    if not table or not queue:
        return None
    if parts.environment.get("AWS_SAM_LOCAL"):
        return nothing_due
    resources = parts.resources
    warm, tasks = TableWarm(resources.table(table)), Tasks(resources.queue(queue))

    async def minute() -> None:
        await refresh_due(warm, parts.config.sources, tasks.send, parts.runtime.now)

    return minute
