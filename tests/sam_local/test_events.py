"""Every fixture of tests/events in containers: by `sam local start-lambda`, and some by `sam local invoke -e`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from fanin.local.containers import sam_local
from fanin.local.containers.sam_local import Sandbox
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes
from fanin.local.upstream.client import UpstreamClient
from tests.events.fixtures import EVENTS, ROOT, Fixture, check, fixtures
from tests.sam_local.start_lambda import Invoke, invoking

_FIXTURES = fixtures()
_ORDINARY = [fixture for fixture in _FIXTURES if not fixture.expected.upstream]
_UNDER_RULES = [fixture for fixture in _FIXTURES if fixture.expected.upstream]
"""Those that tell the demo upstream what to do: one for each function."""


@pytest.fixture(scope="module")
def serving(sandbox: Sandbox, processes: Processes) -> Iterator[Callable[[str], Invoke]]:
    """Serve the functions over a fanin.toml once one of its fixtures comes."""
    with ExitStack() as ends:

        @cache
        def served(config: str) -> Invoke:
            template = sam_local.built(sandbox, Console(), processes, ROOT / config)
            return ends.enter_context(invoking(template, sandbox, processes))

        yield served


@pytest.mark.parametrize("fixture", _ORDINARY, ids=str)
def test_gives_the_answer_that_it_must(
    fixture: Fixture, serving: Callable[[str], Invoke], upstream: UpstreamClient
) -> None:
    upstream.reset()
    check(serving(fixture.expected.config)(*_runtime(fixture)), fixture)


@pytest.mark.parametrize("fixture", _UNDER_RULES, ids=str)
def test_gives_the_answer_that_it_must_under_rules_in_a_new_container(
    fixture: Fixture, sandbox: Sandbox, processes: Processes, upstream: UpstreamClient
) -> None:
    """As a person runs it: `sam local invoke`."""
    template = sam_local.built(sandbox, Console(), processes, ROOT / fixture.expected.config)
    upstream.rules(fixture.expected.upstream)
    check(sam_local.invoke(template, *_runtime(fixture), sandbox), fixture)
    upstream.reset()


@pytest.mark.parametrize("name", ["subscribe", "not-a-message"])
def test_an_event_of_a_connection_is_taken(name: str, serving: Callable[[str], Invoke]) -> None:
    """Without AWS behind it, the function still takes them."""
    assert serving("fanin.toml")(*_of_connections(name)) == {"statusCode": 200}


def test_an_event_of_a_connection_is_taken_in_a_new_container(template: Path, sandbox: Sandbox) -> None:
    assert sam_local.invoke(template, *_of_connections("connect"), sandbox) == {"statusCode": 200}


def _runtime(fixture: Fixture) -> tuple[str, Path]:
    """Name the function and the file of its event."""
    return f"{fixture.function.title()}Function", EVENTS / f"{fixture}.json"


def _of_connections(name: str) -> tuple[str, Path]:
    return "LiveFunction", EVENTS / f"live/{name}.json"
