"""Whatever event arrives, a function answers, and answers well: mutants of every fixture, through every function.

`make test` takes some of them; FANIN_MUTANTS=100000 takes more.
"""

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from fanin.compose.parts import configuration
from fanin.config import Config
from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Call, Fetch, pipeline
from fanin.engine.catalogue import Catalogue
from fanin.engine.execution import concurrent, sequential
from fanin.engine.outcome import Outcome
from fanin.engine.result import Result
from fanin.entrypoints.aws_lambda.event import NotHttp, parse
from fanin.entrypoints.aws_lambda.handler import Handler
from fanin.entrypoints.django.endpoints import ServedEndpoint, Site
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.entrypoints.plain.handler import sync_handler
from fanin.entrypoints.servers.asgi import Application
from fanin.errors import RequestError, SourceUnavailable
from fanin.policies.observe import observe
from tests.contract.ask import Context
from tests.data_handler import router
from tests.events.fixtures import ROOT, fixtures, headers_of, well_formed
from tests.events.mutants import Mutants
from tests.functions import asgi, django_application

SEED = 1
COUNT = int(os.environ.get("FANIN_MUTANTS", "2000"))
_EVERY_OTHER = 8
"""Of so many mutants, one meets sources that fail."""
_DJANGOS = 20
"""Of so many mutants, one is for Django too, which takes its time."""
_GATEWAYS_OWN = {"/health", "/data", "/docs", "/openapi.json"}
_ANSWER = {
    "results": [{"name": "Lisbon", "latitude": 38.7, "longitude": -9.1, "country_code": "PT"}],
    "current": {"temperature_2m": 17.4},
    "daily": {"time": ["2026-03-12"]},
    "name": "Portugal",
    "currencies": [{"code": "EUR"}],
    "languages": [{"name": "Portuguese"}],
    "query": {"pages": [{"title": "Lisbon"}]},
}
"""An answer that fits every source of fanin.toml."""


@dataclass
class Sources:
    """Sources that answer at once, or fail."""

    failing: bool = False
    asked: list[str] = field(default_factory=list)

    async def fetch(self, call: Call) -> Outcome[Any]:
        """Stand in for what the gateway reads from."""
        return self.fetch_blocking(call)

    def fetch_blocking(self, call: Call) -> Outcome[Any]:
        """Stand in for what the sync function reads from."""
        self.asked.append(call.request.url)
        if self.failing:
            return Outcome.failed(SourceUnavailable(call.source.name, "away"))
        return Outcome(_ANSWER)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Keep a line for each request out of pytest's capture; errors stay in."""
    loggers = [logging.getLogger(name) for name in ("fanin", "mangum.http")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL if logger.name == "mangum.http" else logging.ERROR)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.mark.usefixtures("quiet")
def test_every_mutant_is_answered_well() -> None:
    """No event makes a function raise, or answer with something that cannot be handed on, or blame itself.

    All serve the same paths here, so that one event is for all, and they must agree on it.
    """
    sources, config = Sources(), configuration(ROOT, {})
    mutants = Mutants([fixture.event for fixture in fixtures() if fixture.function == "gateway"], SEED)
    pipelines = dict.fromkeys(config.sources, pipeline(sources.fetch, [observe(time.monotonic)]))
    app = gateway_app(Catalogue(config), pipelines, routers=[router])
    with asgi(app) as gateway, asgi(_django(config, pipelines)) as django:
        sync = sync_handler(Catalogue(config), {"": lambda request: sequential.run(request, sources.fetch_blocking)})
        for number in range(COUNT):
            sources.failing = number % _EVERY_OTHER == 0
            event = mutants[number]
            try:
                answered = [_answered(handler, event, sources) for handler in (gateway, sync)]
                if number % _DJANGOS == 0:
                    answered.append(_answered(django, event, sources))
                if any(other != answered[0] for other in answered):
                    assert _path(event) in _GATEWAYS_OWN, answered
            except Exception as error:
                error.add_note(f"mutant {number} of seed {SEED}: {event!r:.3000}")
                raise


def _django(config: Config, pipelines: Mapping[str, Fetch]) -> Application:
    """Serve what the others do by async views."""
    site = Site(Catalogue(config), _never, lambda request: concurrent.run(request, pipelines))

    async def view(endpoint: ServedEndpoint, request: HttpRequest, /, **path: str) -> HttpResponse:
        begun = endpoint.begin(request, path)
        return begun.respond(await site.all_at_once(begun.aggregation))

    return django_application(site.patterns(view))


def _never(_: Aggregation) -> Result:
    raise NotImplementedError


def _answered(handler: Handler, event: Any, sources: Sources) -> tuple[int, str, list[str]]:
    """Ask, check the answer, and give its status, the type of its problem, and what it asked of which source."""
    sources.asked.clear()
    response = handler(event, Context())
    well_formed(response, event)
    status = response["statusCode"]
    assert status < 500 or (sources.failing and status == 502), response
    problem = ""
    if response["body"] and headers_of(response)["content-type"] == "application/problem+json":
        problem = json.loads(response["body"])["type"]
    return status, problem, sorted(sources.asked)


def _path(event: Any) -> str:
    try:
        return parse(event).path.removesuffix("\n")  # Starlette's routes end before a line feed
    except (NotHttp, RequestError):
        return ""
