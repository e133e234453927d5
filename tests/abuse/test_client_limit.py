"""Every execution model counts a client in the same table, and holds it to its limit while there is none."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fanin.aws.client import Aws
from fanin.stores import client_counts
from tests.contract.ask import Ask, Question
from tests.contract.models import MODELS, here
from tests.functions import functions
from tests.roots import tls_context
from tests.stores.faulty import served
from tests.stores.resources import create_table

FILE = """
fanin = 1
[sources.thing]
value = 7
[endpoints.thing]
path = "/thing"
sources = ["thing"]
client_limit = { calls = 6, per = "1d" }
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "fanin.toml"
    path.write_text(FILE)
    return str(path)


@pytest.fixture
def asks(file: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Ask]]:
    """Compose all functions over one table, with as much time as a busy machine needs."""
    monkeypatch.setattr(client_counts, "WITHIN", 30.0)
    monkeypatch.setattr(client_counts, "WITHIN_FIRST", 30.0)

    async def made() -> str:
        aws = Aws(environment, tls_context())
        try:
            return await create_table(aws, ["pk"])
        finally:
            await aws.aclose()

    own = {"FANIN_CONFIG": file, "FANIN_TABLE": asyncio.run(made())}
    with functions({**os.environ, **environment, **own}) as composed:
        yield here(composed)


def left(ask: Ask) -> tuple[int, str]:
    reply = ask(Question("/thing"))
    return reply.status, reply.headers["ratelimit"].partition("r=")[2].partition(";")[0]


def test_every_execution_model_counts_in_the_same_table(asks: Mapping[str, Ask]) -> None:
    assert asks.keys() == MODELS.keys()
    assert [left(ask) for ask in asks.values()] == [(200, str(number)) for number in (5, 4, 3, 2, 1, 0)]
    assert [left(ask) for ask in asks.values()] == [(429, "0")] * 6


@pytest.mark.parametrize("status", [500, 400], ids=["broken", "refusing"])
def test_while_the_table_fails_every_function_holds_the_client_by_itself(
    file: str, environment: dict[str, str], status: int
) -> None:
    with served(status, b"{}") as down:
        own = {"FANIN_CONFIG": file, "FANIN_TABLE": "t", "AWS_ENDPOINT_URL": down.url}
        with functions({**os.environ, **environment, **own}) as composed:
            asks = here(composed)
            for one, other in (("gateway", "threads"), ("sync", "sync-threads"), ("django", "django-async")):
                statuses = [left(asks[name])[0] for name in (one, other) * 4]
                assert statuses == [200] * 6 + [429] * 2
        assert down.asked <= 5  # a breaker for the loop and one for threads in each function; sync has no loop
