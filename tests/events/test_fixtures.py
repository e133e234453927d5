"""Every fixture, through the handler of its function and through the others', over the demo upstream."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from fanin.config import load
from fanin.entrypoints.aws_lambda.handler import Handler
from fanin.local.upstream.app import variables
from fanin.local.upstream.process import Upstream
from tests.contract.ask import Context
from tests.events.fixtures import EVENTS, ROOT, Fixture, check, fixtures, well_formed
from tests.functions import functions

type Served = dict[str, dict[str, Handler]]
"""The functions' handlers, by the fanin.toml that they serve."""

_FIXTURES = fixtures()


@pytest.fixture(scope="module")
def served(upstream: Upstream) -> Iterator[Served]:
    """Compose the functions over each fanin.toml that a fixture wants."""
    configs = {fixture.expected.config for fixture in _FIXTURES}
    with ExitStack() as open_functions:
        yield {config: open_functions.enter_context(functions(_environment(config, upstream))) for config in configs}


def _environment(config: str, upstream: Upstream) -> dict[str, str]:
    file = ROOT / config
    reading = variables(upstream.base_url, load(file, {}).variables)
    return {**os.environ, **reading, "FANIN_ALLOW": "127.0.0.0/8:*", "FANIN_CACHE": "off", "FANIN_CONFIG": str(file)}


@pytest.mark.parametrize("fixture", _FIXTURES, ids=str)
def test_gives_the_answer_that_it_must(fixture: Fixture, served: Served, upstream: Upstream) -> None:
    """A function answers each of its fixtures as answers.json has it."""
    upstream.rules(fixture.expected.upstream)
    check(served[fixture.expected.config][fixture.function](fixture.event, Context()), fixture)


@pytest.mark.parametrize("fixture", _FIXTURES, ids=str)
def test_the_other_functions_answer_too(fixture: Fixture, served: Served, upstream: Upstream) -> None:
    """An event that was meant for another function is answered, by a refusal at most."""
    upstream.reset()
    for function, handler in served["fanin.toml"].items():
        if function != fixture.function:
            response = handler(fixture.event, Context())
            well_formed(response, fixture.event)
            assert 400 <= response["statusCode"] < 500


def test_every_answer_belongs_to_a_fixture() -> None:
    """No answer is left of a fixture that is gone, and all functions have every fixture that is not the gateway's."""
    names = {
        folder.name: {file.stem for file in folder.glob("*.json")} for folder in EVENTS.iterdir() if folder.is_dir()
    }
    gateways = names.pop("gateway")
    del names["live"], names["jobs"]  # no HTTP: tests/websocket and tests/jobs ask with these
    assert set(json.loads((EVENTS / "answers.json").read_text())) == gateways
    assert set(names) == {"sync", "django"}
    assert all(gateways - others == {"health", "openapi", "docs"} for others in names.values())
    assert not any(others - gateways for others in names.values())
