"""The functions in this process, over a demo upstream in its own."""

import gc
import logging
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from fanin.compose import parts
from fanin.config.api import PROBLEM_TYPES
from fanin.engine.problems import types_begin_with
from fanin.local.upstream.app import variables
from fanin.local.upstream.client import UpstreamClient
from fanin.local.upstream.process import Upstream
from fanin.observability import logs
from tests.contract.ask import Ask, Reply
from tests.contract.cases import CASES, RAW_PATHS, Case
from tests.contract.models import MODELS, ask_all, here, warmed
from tests.functions import functions as composed
from tests.roots import tls_context

_STACK, _AWS, _SERVE = "tests/stack", "tests/stack, an embedded AWS", "tests/server"
_TOGETHER = {
    _STACK: "alarms_in_aws cache contract jobs live logs own_role preflights refresh smoke used_rights worker",
    _AWS: "aws aws_apis conformance costs in_aws shared_limit",
    _SERVE: "background call_log contract hosts live logins origins",
}
"""The files of a folder that share what takes long to set up."""
_SHARED = {"deployed": _STACK, "embedded": _AWS, "url": _SERVE, "open_url": _SERVE}
"""The fixtures that set it up."""
_FIRST = (
    *("tests/slow/test_project", "tests/slow/test_make_run", "tests/slow/test_examples", "tests/slow/test_another"),
    *("tests/slow/test_switches", "tests/slow/test_memory", _STACK, _SERVE),
)
"""How ids of tests begin that take many seconds: behind the others, one process would do them while the rest idle."""
_GROUPS = {
    f"{group.partition(',')[0]}/test_{name}.py": group for group, names in _TOGETHER.items() for name in names.split()
}


# A busy machine makes examples slowly, which says nothing about what they are for.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


class _Together(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Keeps in one process what is to be set up once.

    `xdist_group` and `--dist loadgroup` do not: pytest-xdist 3.8 writes the group into a test's `_nodeid`, which
    pytest 9.2 does not read any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return _Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: the deployed stack, then `_FIRST`.

    Raises:
        pytest.UsageError: a file would set up for itself what others share.
    """
    for item in items:
        for fixture in item.fixturenames if isinstance(item, pytest.Function) else ():
            group = _SHARED.get(fixture)
            if group and item.nodeid.startswith(group.partition(",")[0]) and _group(item.nodeid) != group:
                raise pytest.UsageError(f"{item.nodeid} has `{fixture}`: name its file in _TOGETHER of {__file__}")
    items.sort(key=lambda item: (_group(item.nodeid) != _STACK, _place(item.nodeid)))


def _place(nodeid: str) -> int:
    """Give the place in `_FIRST` of how an id begins, or the one behind."""
    return next((place for place, beginning in enumerate(_FIRST) if nodeid.startswith(beginning)), len(_FIRST))


def _group(nodeid: str) -> str:
    """Name what a test stays together with: its file, or what its file shares with others."""
    file = nodeid.partition("::")[0]
    return _GROUPS.get(file, file)


def pytest_collection_finish() -> None:
    """Keep collections of garbage short: leave out what exists before the first test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Undo what composing and asking a function does to this process: its loggers, and what its thread is about."""
    yield
    types_begin_with.set(PROBLEM_TYPES)
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler.formatter, logs.JsonLines)]:
        root.removeHandler(handler)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=False)
    logs.about()


@pytest.fixture(scope="session", autouse=True)
def roots_loaded_once() -> Iterator[None]:
    """Let all functions of this process share what takes longest to make for each of them: the roots of TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "tls_context", tls_context)
        yield


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    """Run a demo upstream for all tests."""
    with Upstream() as running:
        yield running


@pytest.fixture(scope="session")
def functions(upstream: Upstream) -> Iterator[dict[str, Ask]]:
    """Compose the functions over fanin.toml as it is, and give the way to ask each execution model."""
    environment = {**os.environ, **variables(upstream.base_url), "FANIN_ALLOW": "127.0.0.0/8:*", "FANIN_CACHE": "off"}
    with composed(environment) as handlers:
        yield warmed(here(handlers))


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    """Name each execution model in turn."""
    name: str = request.param
    return name


@pytest.fixture
def ask(model: str, functions: dict[str, Ask]) -> Ask:
    """Give the way to ask each execution model in turn."""
    return functions[model]


@pytest.fixture(scope="session")
def one_at_a_time() -> Callable[[str], str]:
    """Name what serves a model one request at a time: its function, as in Lambda."""
    return lambda name: MODELS[name].function


@pytest.fixture(scope="module")  # a wider one would hand the replies of one folder's functions to another's tests
def replies(
    functions: dict[str, Ask], upstream: UpstreamClient, one_at_a_time: Callable[[str], str]
) -> Callable[[Case], dict[str, Reply]]:
    """Ask a case of every model that is served, once."""

    @cache
    def asked(rule: str) -> dict[str, Reply]:
        (case,) = (case for case in [*CASES, *RAW_PATHS] if case.rule == rule)
        upstream.rules(case.upstream)
        return ask_all(functions, case.question, one_at_a_time)

    return lambda case: asked(case.rule)
