"""Every fixture of tests/events, through `sam local invoke -e`: a container for each, some at the same time."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from fanin.local.containers import sam_local
from fanin.local.containers.sam_local import Sandbox
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes
from fanin.local.upstream.client import UpstreamClient
from tests.events.fixtures import EVENTS, ROOT, Fixture, check, fixtures
from tests.sam_local.loaded_sam import LoadedSam

_FIXTURES = fixtures()
_ORDINARY = [fixture for fixture in _FIXTURES if not fixture.expected.upstream]
_UNDER_RULES = [fixture for fixture in _FIXTURES if fixture.expected.upstream]
"""Those that tell the demo upstream what to do, which all that run at the time would notice."""

type Responses = dict[str, Future[Any]]


@pytest.fixture(scope="module")
def responses(
    request: pytest.FixtureRequest, sandbox: Sandbox, processes: Processes, upstream: UpstreamClient
) -> Iterator[Responses]:
    """Begin to invoke what the selected tests need, as many at once as there are processors."""
    upstream.reset()
    names = {item.name for item in request.session.items}
    selected = [f for f in _ORDINARY if f"{test_gives_the_answer_that_it_must.__name__}[{f}]" in names]
    configs = {fixture.expected.config for fixture in selected}
    templates = {config: sam_local.built(sandbox, Console(), processes, ROOT / config) for config in configs}
    at_once = os.cpu_count() or 1
    with ExitStack() as ends:
        idle = SimpleQueue[LoadedSam]()
        for _ in range(at_once):
            idle.put(ends.enter_context(LoadedSam(sandbox)))

        def invoke(fixture: Fixture) -> Any:
            sam = idle.get()
            try:
                return sam.invoke(templates[fixture.expected.config], *_runtime(fixture))
            finally:
                idle.put(sam)

        pool = ends.enter_context(ThreadPoolExecutor(at_once))
        yield {str(fixture): pool.submit(invoke, fixture) for fixture in selected}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("fixture", _ORDINARY, ids=str)
def test_gives_the_answer_that_it_must(fixture: Fixture, responses: Responses) -> None:
    check(responses[str(fixture)].result(), fixture)


@pytest.mark.parametrize("fixture", _UNDER_RULES, ids=str)
def test_gives_the_answer_that_it_must_under_rules(
    fixture: Fixture, sandbox: Sandbox, processes: Processes, upstream: UpstreamClient
) -> None:
    template = sam_local.built(sandbox, Console(), processes, ROOT / fixture.expected.config)
    upstream.rules(fixture.expected.upstream)
    check(sam_local.invoke(template, *_runtime(fixture), sandbox), fixture)
    upstream.reset()


def _runtime(fixture: Fixture) -> tuple[str, Path]:
    """Name the function and the file of its event."""
    return f"{fixture.function.title()}Function", EVENTS / f"{fixture}.json"
