"""The gateway, which is the function that describes the API, and the description as it serves it."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from fanin.local.upstream.app import variables
from fanin.local.upstream.process import Upstream
from tests.contract.ask import Ask, Question, in_process
from tests.functions import functions


@pytest.fixture(scope="package")
def gateway(upstream: Upstream) -> Iterator[Ask]:
    """Compose the gateway over fanin.toml as it is."""
    environment = {**os.environ, **variables(upstream.base_url), "FANIN_ALLOW": "127.0.0.0/8:*", "FANIN_CACHE": "off"}
    with functions(environment) as composed:
        yield in_process(composed["gateway"], "")


@pytest.fixture(scope="package")
def description(gateway: Ask) -> Any:
    """Read the description."""
    return gateway(Question("/openapi.json")).body
