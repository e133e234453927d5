"""Each module's example, served in every execution model over its fakes."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from fanin.local.layout import ROOT
from fanin.local.upstream import fakes, script_file
from fanin.local.upstream.scripted import ScriptedUpstreams
from tests.cli.conftest import run
from tests.contract.models import here
from tests.contract.own.case import Case, check
from tests.functions import functions

__all__ = ["hold", "run"]

EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def hold(request: pytest.FixtureRequest) -> Iterator[Callable[[Case], None]]:
    """Hold every execution model to a case of the module's EXAMPLE, whose script goes before upstream.toml's."""
    folder = EXAMPLES / request.module.EXAMPLE
    said = script_file.read(folder / script_file.NAME)
    upstreams = ScriptedUpstreams(said.names, wait=lambda _: None)
    with ExitStack() as ends:
        ends.enter_context(upstreams.running())
        environment = {
            **os.environ,
            **upstreams.variables,
            **fakes.environment_of(said.secrets),
            "FANIN_CONFIG": str(folder / "fanin.toml"),
            "FANIN_ALLOW": "127.0.0.0/8:*",
            "FANIN_CACHE": "off",
        }
        asks = here(ends.enter_context(functions(environment)))
        yield lambda case: check(replace(case, upstream={**said.script, **case.upstream}), asks, upstreams)
