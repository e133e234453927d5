"""Every execution model reads keys from a table and from a secret in AWS, which is moto's here."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from fanin.aws.client import Aws
from fanin.callers.keys.document import write_document
from fanin.callers.keys.form import ApiKey, new_key
from fanin.callers.keys.ledger import INDEXES, KEY, Issue, TableLedger, issue
from fanin.callers.keys.record import Record
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.table import AwsTable
from fanin.stores.bounds import Patience
from tests.aws.conftest import environment, moto
from tests.contract.ask import Ask, Question
from tests.contract.models import MODELS, here
from tests.functions import functions
from tests.roots import tls_context
from tests.stores.resources import create_table

__all__ = ["environment", "moto"]  # fixtures

NOW = 1_700_000_000
TOML = """
fanin = 1
caller = "partners"
[callers.partners]
keys = KEYS
[sources.who]
compute = "caller.sub"
[endpoints.who]
path = "/who"
sources = ["who"]
"""


@pytest.fixture
def aws(environment: dict[str, str]) -> Iterator[tuple[asyncio.Runner, Aws]]:
    with asyncio.Runner() as runner:
        client = Aws(environment, tls_context())
        yield runner, client
        runner.run(client.aclose())


def served(keys: str, environment: dict[str, str], tmp_path: Path, ends: ExitStack) -> dict[str, Ask]:
    path = tmp_path / "fanin.toml"
    path.write_text(TOML.replace("KEYS", keys))
    around = {**os.environ, **environment, "FANIN_CONFIG": str(path), "FANIN_CACHE": "off"}
    asks = here(ends.enter_context(functions(around)))
    assert asks.keys() == MODELS.keys()
    return asks


def statuses(asks: dict[str, Ask], key: ApiKey) -> dict[str, int]:
    return {model: ask(Question("/who", "", headers={"x-api-key": key.text})).status for model, ask in asks.items()}


def test_a_table_has_the_keys(
    aws: tuple[asyncio.Runner, Aws], environment: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    runner, client = aws
    table = runner.run(create_table(client, KEY, INDEXES, numbers=["made"]))
    ledger = TableLedger(AwsTable(Calls(client, "dynamodb", Patience(30)), table))
    good, _ = runner.run(issue(ledger, Issue("acme", "x"), NOW))
    bad, _ = runner.run(issue(ledger, Issue("acme", "x"), NOW))
    runner.run(ledger.revoke(bad.id, NOW))
    unknown = new_key()
    with ExitStack() as ends:
        asks = served("{}", environment | {"FANIN_KEYS": table}, tmp_path, ends)
        assert statuses(asks, good) == dict.fromkeys(MODELS, 200)
        assert statuses(asks, bad) == dict.fromkeys(MODELS, 401)
        assert statuses(asks, unknown) == dict.fromkeys(MODELS, 401)
    logged = "".join(capfd.readouterr())
    assert '"path":"/who"' in logged
    assert not any(key.secret in logged for key in (good, bad, unknown))


def test_a_table_that_is_not_there_is_503(environment: dict[str, str], tmp_path: Path) -> None:
    with ExitStack() as ends:
        asks = served('{ table = "nothing" }', environment, tmp_path, ends)
        assert statuses(asks, new_key()) == dict.fromkeys(MODELS, 503)


def test_a_secret_has_the_keys(aws: tuple[asyncio.Runner, Aws], environment: dict[str, str], tmp_path: Path) -> None:
    runner, client = aws
    key, place = new_key(), f"/{uuid4()}/"
    text = write_document({key.id: Record(key.id, key.sha256, "acme", "x", NOW)})
    parameter = {"Name": f"{place}api_keys", "Value": text, "Type": "SecureString"}
    runner.run(client.call("ssm", "PutParameter", parameter, timeout=60))
    with ExitStack() as ends:
        asks = served('{ secret = "{!api_keys}" }', environment | {"FANIN_SECRETS": f"ssm:{place}"}, tmp_path, ends)
        assert statuses(asks, key) == dict.fromkeys(MODELS, 200)
        assert statuses(asks, new_key()) == dict.fromkeys(MODELS, 401)
