"""The live function: endpoints over WebSocket, behind API Gateway."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fanin.compose.jobs_parts import job_service_of
from fanin.compose.observability import observability
from fanin.compose.parts import Parts
from fanin.compose.resources import Resources
from fanin.contract.cors import CorsPolicy
from fanin.engine.call import Fetch, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.engine.front_door import OPEN, FrontDoor
from fanin.entrypoints.aws_lambda.handler import Handler
from fanin.entrypoints.websocket.connections import Connections
from fanin.entrypoints.websocket.handler import live_handler
from fanin.entrypoints.websocket.handshake import greeting
from fanin.entrypoints.websocket.limits import AWS_TIMEOUT
from fanin.entrypoints.websocket.queue import Turns
from fanin.entrypoints.websocket.sender import Sender
from fanin.entrypoints.websocket.service import Service
from fanin.entrypoints.websocket.subject import Subjects
from fanin.stores.bounds import Patience

if TYPE_CHECKING:
    from fanin.jobs.service import JobService


def live(folder: Path, environment: Mapping[str, str]) -> Handler:
    """Make the handler of the WebSocket API.

    Args:
        folder: where fanin.toml is.
        environment: the function's environment.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    parts = Parts(folder, environment)
    pipelines = parts.pipelines()
    job_service = job_service_of(parts.around_jobs, pipelines)
    return live_over(
        parts.catalogue,
        pipelines,
        parts.runtime,
        parts.resources,
        environment,
        door=parts.front_door,
        job_service=job_service,
    )


def live_over(  # noqa: PLR0913 - what the function is made of
    catalogue: Catalogue,
    pipelines: Mapping[str, Fetch],
    runtime: Runtime,
    resources: Resources,
    environment: Mapping[str, str],
    *,
    door: FrontDoor = OPEN,
    job_service: "JobService | None" = None,
    loop: asyncio.AbstractEventLoop | None = None,
) -> Handler:
    """Make the handler of the WebSocket API over any pipelines.

    Args:
        catalogue: what is served.
        pipelines: the pipeline of each source.
        runtime: clock and randomness.
        resources: have the table of connections and the queue of turns, and the client that reaches the connections.
        environment: the function's; where these are.
        door: says who asks for an endpoint.
        job_service: where jobs are found; None where there are none.
        loop: the loop that all runs on; a new one by default.
    """
    patience = Patience(AWS_TIMEOUT)
    service = Service(
        Subjects(
            catalogue,
            pipelines,
            environment.get("FANIN_URL", ""),
            find_job=job_service.find_any if job_service else None,
            door=door,
        ),
        Connections(resources.table(environment.get("FANIN_CONNECTIONS", ""), patience), runtime.now),
        Sender(resources.aws, environment.get("FANIN_POST", ""), runtime),
        Turns(resources.queue(environment.get("FANIN_TURNS", ""), patience)),
    )
    cors = CorsPolicy.of(catalogue.config)
    greet = greeting(catalogue, door) if catalogue.config.callers else None
    return live_handler(
        service,
        observability(environment),
        cors=cors,
        problem_types=catalogue.config.api.problems,
        greet=greet,
        loop=loop,
        clock=runtime.clock,
    )
