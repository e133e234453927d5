"""DynamoDB throttled, hanging, out of its mind or gone: the same answers, and one question to it in ten seconds."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from fanin.compose.gateway import gateway
from fanin.engine.aggregation import Aggregation
from fanin.engine.document import Asked
from fanin.engine.execution import concurrent
from fanin.engine.plan import Plan
from tests.stores.faulty import Server, served

_THROTTLED = b'{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}'
_NO_TABLE = b'{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "no table"}'
_DENIED = b'{"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "no"}'
FAULTS = {
    "throttled": (400, _THROTTLED, 0.0),
    "no table": (400, _NO_TABLE, 0.0),
    "denied": (403, _DENIED, 0.0),
    "out of order": (500, b"", 0.0),
    "no JSON": (200, b"<html>", 0.0),
    "hanging": (200, b"{}", 30.0),
}
ASKED = 20


def asked_of(folder: Path, source: Server, aws: str) -> list[Any]:
    """Ask an endpoint for one thing after another, each within seconds; give the values."""
    (folder / "fanin.toml").write_text(
        f'fanin = 1\n[sources.a]\nurl = "{source.url}/{{x}}"\ncache = {{ fresh = "1m", stale = "1h" }}\n'
        '[endpoints.e]\npath = "/e/{x}"\nsources = ["a"]\n'
    )
    environment = {
        "FANIN_ALLOW": "127.0.0.0/8:*",
        "FANIN_TABLE": "answers",
        "FANIN_QUEUE": "http://127.0.0.1/queue",
        "AWS_ENDPOINT_URL": aws,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    app = gateway(folder, environment)
    plan = Plan.of(app.state.config.endpoints["e"], app.state.config.sources)

    async def ask() -> list[Any]:
        values = []
        for n in range(ASKED):
            aggregation = Aggregation(plan, Asked({"x": str(n)}), time.monotonic() + 3, time.monotonic)
            values.append((await concurrent.run(aggregation, app.state.reader._pipelines)).outcomes["a"].value)
        return values

    return asyncio.run(ask())


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_store_is_as_none_and_is_asked_once(fault: str, tmp_path: Path) -> None:
    with served(200, b'{"a": 1}') as source, served(*FAULTS[fault]) as store:
        assert asked_of(tmp_path, source, store.url) == [{"a": 1}] * ASKED
        assert source.asked == ASKED
        assert store.asked == 1
        assert store.answered == (0 if fault == "hanging" else 1)


def test_a_store_that_is_gone_is_as_none(tmp_path: Path) -> None:
    with served(200, b"") as gone:
        url = gone.url
    with served(200, b'{"a": 1}') as source:
        assert asked_of(tmp_path, source, url) == [{"a": 1}] * ASKED
