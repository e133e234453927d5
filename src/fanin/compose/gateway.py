"""The gateway: every endpoint by FastAPI, all calls at once."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fanin.compose.console import console_of
from fanin.compose.fastapi_models import APIRouter
from fanin.compose.observability import watching_server
from fanin.compose.parts import Parts, when_asked_for
from fanin.engine.call import Fetch
from fanin.entrypoints.fastapi.app import Gateway, gateway_app

# ruff: noqa: PLC0415 - no part of the cold start of a function without them

if TYPE_CHECKING:
    from fanin.contract.client_limit import ClientCounts
    from fanin.engine.execution.threaded import Threads
    from fanin.jobs.service import JobService

THREADS: Final = "FANIN_THREADS"
"""The variable that is `on` where the gateway serves `/threads`, which passes by caches and shared limits."""


def gateway(
    folder: Path,
    environment: Mapping[str, str],
    routers: Iterable[APIRouter] = (),
    counts: "ClientCounts | None" = None,
) -> Gateway:
    """Make the asynchronous application.

    Args:
        folder: where fanin.toml is.
        environment: the function's environment; `/threads` is served only if its `FANIN_THREADS` is `on`.
        routers: handlers written by hand.
        counts: what counts the requests of clients, if Django in this process has one.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    parts = Parts(folder, environment, counts)
    threads = when_asked_for(lambda: _threads(parts))
    pipelines = parts.pipelines()
    console = console_of(parts, folder, pipelines)
    app = gateway_app(
        parts.catalogue,
        pipelines,
        door=parts.front_door,
        threads=(lambda request: threads().run(request)) if environment.get(THREADS) == "on" else None,
        routers=routers,
        job_service=_job_service(parts, pipelines),
    )
    if console:
        app.router.routes[:0] = console[0]  # before endpoints, whose paths may begin with any segment
    app.state.recent = console[1] if console else None
    app.watch = watching_server(environment)
    return app


def _threads(parts: Parts) -> "Threads":
    from fanin.engine.execution.threaded import Threads

    return Threads(parts.blocking_fetch(), parts.runtime.clock)


def _job_service(parts: Parts, pipelines: Mapping[str, Fetch]) -> "JobService | None":
    if not parts.environment.get("FANIN_JOBS"):
        return None
    from fanin.compose.jobs_parts import job_service_of

    return job_service_of(parts.around_jobs, pipelines)
