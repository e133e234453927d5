"""The upstreams of a module, and each of its files served in every execution model."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from tests.contract.ask import Ask
from tests.contract.models import here
from tests.contract.own.case import Case, check
from tests.contract.own.upstream import Upstreams
from tests.functions import functions

CASES = Path(__file__).parent / "cases"

type Served = Callable[[str], dict[str, Ask]]
"""Gives the way to ask each execution model of a file in `cases/`, by its name without the suffix, or of its text."""


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Upstreams]:
    """Run the upstreams."""
    with Upstreams().running() as running:
        yield running


@pytest.fixture(scope="module")
def served(upstreams: Upstreams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Compose the functions over a file when a case first asks for it."""
    with ExitStack() as ends:

        @cache
        def asks(file: str) -> dict[str, Ask]:
            path = CASES / f"{file}.toml"
            if "\n" in file:
                path = tmp_path_factory.mktemp("own") / "fanin.toml"
                path.write_text(file)
            environment = {
                **os.environ,
                **upstreams.variables,
                "FANIN_CONFIG": str(path),
                "FANIN_ALLOW": "127.0.0.0/8:*",
                "FANIN_CACHE": "off",
                "FANIN_KEYS": f"file:{CASES / 'keys.json'}",
            }
            return here(ends.enter_context(functions(environment)))

        yield asks


@pytest.fixture
def hold(served: Served, upstreams: Upstreams) -> Callable[[str, Case], None]:
    """Hold every execution model to a case of a file."""
    return lambda file, case: check(case, served(file), upstreams)
