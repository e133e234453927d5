"""`sam local start-api` keeps the contract, every test of tests/contract, and answers as the functions do elsewhere."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.local.containers import sam_local
from fanin.local.containers.sam_local import Sandbox
from fanin.local.process import ports
from fanin.local.process.processes import Processes
from fanin.local.upstream.app import variables
from fanin.local.upstream.client import UpstreamClient
from tests.contract import models
from tests.contract.ask import Ask, Question
from tests.contract.test_in_process import *  # noqa: F403 - every test, those that are added there later included
from tests.functions import functions as composed


@pytest.fixture(scope="session")
def functions(template: Path, sandbox: Sandbox, processes: Processes) -> Iterator[dict[str, Ask]]:
    with sam_local.api(template, ports.free(), sandbox, processes) as running:
        yield models.served(running.url)


@pytest.fixture(scope="module")
def here(upstream: UpstreamClient) -> Iterator[dict[str, Ask]]:
    """Compose the functions in this process, over the same demo upstream."""
    environment = {**os.environ, **variables(upstream.base_url), "FANIN_ALLOW": "127.0.0.0/8:*"}
    with composed(environment) as handlers:
        yield models.here(handlers)


@pytest.mark.parametrize("path", ["/trip/Lisbon", "/trip/Nairobi", "/air/Lisbon", "/forecast/Paris"])
def test_bodies_are_those_of_the_functions_in_this_process(
    path: str, functions: dict[str, Ask], here: dict[str, Ask], upstream: UpstreamClient
) -> None:
    upstream.reset()
    answers = [ask(Question(path)) for ask in (*functions.values(), *here.values())]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
