"""The gateway: every endpoint by FastAPI, all calls at once."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI

from fanin.compose.jobs_parts import desk_of
from fanin.compose.parts import Parts, when_asked_for
from fanin.compose.stack import stack
from fanin.engine.call import Fetch, Surroundings
from fanin.engine.catalogue import Catalogue
from fanin.engine.execution import BlockingRun
from fanin.engine.execution.threaded import Threads
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.policies.cache.policy import Caching
from fanin.stores.limit import SharedLimit

if TYPE_CHECKING:
    from fanin.jobs.service import Desk


def gateway(folder: Path, environment: Mapping[str, str], routers: Iterable[APIRouter] = ()) -> FastAPI:
    """Make the asynchronous application.

    Args:
        folder: where fanin.toml is.
        environment: the function's environment.
        routers: handlers written by hand.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    parts = Parts(folder, environment)
    threads = when_asked_for(lambda: Threads(parts.blocking_fetch(), parts.given.clock))
    return gateway_over(
        parts.catalogue,
        parts.fetches,
        parts.given,
        caching=parts.stores.caching,
        limits=parts.stores.limits,
        threads=lambda request: threads().run(request),
        routers=routers,
        jobs=lambda pipelines: desk_of(parts.around_jobs, pipelines),
    )


def gateway_over(  # noqa: PLR0913 - what an application is made of
    catalogue: Catalogue,
    fetches: Mapping[str, Fetch],
    given: Surroundings,
    *,
    caching: Caching | None = None,
    limits: SharedLimit | None = None,
    threads: BlockingRun | None = None,
    routers: Iterable[APIRouter] = (),
    jobs: "Callable[[Mapping[str, Fetch]], Desk | None]" = lambda _: None,
) -> FastAPI:
    """Make the asynchronous application over any fetches.

    Args:
        catalogue: what is served.
        fetches: the fetch of each source.
        given: time and chance.
        caching: where answers are kept; None where none are.
        limits: counts the calls of all environments; None where each counts its own.
        threads: what runs the calls of a request below `/threads`; without it nothing is served there.
        routers: handlers written by hand.
        jobs: makes where jobs are handed in, of the sources' pipelines.
    """
    sources = catalogue.config.sources
    pipelines = {name: stack(sources[name], fetch, given, caching, limits) for name, fetch in fetches.items()}
    desk = jobs(pipelines)
    return gateway_app(catalogue, pipelines, threads=threads, routers=routers, desk=desk)
