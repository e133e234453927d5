"""Keys in tables, secrets and files, read by both kinds of client; the tables and secrets are moto's."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest

from fanin.aws.client import Aws
from fanin.aws.client_blocking import BlockingAws
from fanin.aws.errors import AwsError, AwsUnavailable
from fanin.callers.keys.document import write_document
from fanin.callers.keys.form import ApiKey, new_key
from fanin.callers.keys.identify import KeyHolders
from fanin.callers.keys.kept import Kept
from fanin.callers.keys.ledger import INDEXES, KEY, Issue, TableLedger, issue
from fanin.callers.keys.places import (
    FileDocument,
    KeysUnreadable,
    Place,
    SecretDocument,
    TablePlace,
    place_of_keys,
)
from fanin.callers.keys.record import Limit, Record
from fanin.config.callers import Callers
from fanin.config.callers.keys import Keys
from fanin.config.finding import ConfigError
from fanin.credentials.flows import AskAws, Conversation
from fanin.credentials.flows.carry import Carrier
from fanin.credentials.flows.carry_blocking import BlockingCarrier
from fanin.credentials.secrets.places import EnvironmentVariables, ParameterStore, SecretsManager
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.call import Request
from fanin.errors import RequestError
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.table import AwsTable
from fanin.stores.bounds import Patience
from tests.aws.conftest import environment, kind, moto
from tests.callers.keys.holding import Clock, hold
from tests.roots import tls_context
from tests.stores.resources import create_table

__all__ = ["environment", "kind", "moto"]  # fixtures

NOW = 1_796_000_000
TLS = tls_context()

type Hold = Callable[[Conversation[Any]], Any]


def nobody(request: Request) -> NoReturn:
    raise AssertionError(request)


@pytest.fixture
def run() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def aws(run: asyncio.Runner, environment: dict[str, str]) -> Iterator[Aws]:
    client = Aws(environment, TLS)
    yield client
    run.run(client.aclose())


@pytest.fixture
def carried(kind: str, run: asyncio.Runner, aws: Aws, environment: dict[str, str]) -> Iterator[Hold]:
    """Hold conversations by the carrier of tasks, or that of threads."""
    if kind == "async":

        async def ask(asked: AskAws) -> Any:
            return await aws.call(asked.service, asked.operation, asked.payload, timeout=asked.timeout)

        carrier = Carrier(ask)
        yield lambda conversation: run.run(carrier.carry(conversation, nobody))
        return
    with closing(BlockingAws(environment, TLS)) as blocking:

        def ask_blocking(asked: AskAws) -> Any:
            return blocking.call(asked.service, asked.operation, asked.payload, timeout=asked.timeout)

        blocking_carrier = BlockingCarrier(ask_blocking, left=lambda: 30.0)
        yield lambda conversation: blocking_carrier.carry(conversation, nobody)


def made(**more: Any) -> tuple[ApiKey, Record]:
    key = new_key()
    return key, Record(key.id, key.sha256, "acme", "nightly", NOW, **more)


def test_a_key_is_found_in_a_table(run: asyncio.Runner, aws: Aws, carried: Hold) -> None:
    """As `fanin keys new` writes it there; one that nobody made is not."""
    name = run.run(create_table(aws, KEY, INDEXES, numbers=["made"]))
    ledger = TableLedger(AwsTable(Calls(aws, "dynamodb", Patience(30)), name))
    wanted = Issue("acme", "nightly", frozenset({"b", "a"}), Limit(100, 0.5), NOW + 10)
    key, record = run.run(issue(ledger, wanted, NOW))
    assert carried(TablePlace(name).records(key.id, 30)) == {key.id: record}
    assert carried(TablePlace(name).records(new_key().id, 30)) == {}


def test_a_table_that_is_not_there_is_refused(carried: Hold) -> None:
    with pytest.raises(AwsError):
        carried(TablePlace("nothing").records("a", 30))


@pytest.mark.parametrize("store", ["ssm", "secretsmanager"])
def test_keys_are_found_in_a_secret(run: asyncio.Runner, aws: Aws, carried: Hold, store: str) -> None:
    name = str(uuid4())
    (key, record), (_, other) = made(scopes=frozenset({"a"})), made()
    text = write_document({record.id: record, other.id: other})
    place: ParameterStore | SecretsManager
    if store == "ssm":
        place = ParameterStore(f"/{name}/")
        parameter = {"Name": f"/{name}/api_keys", "Value": text, "Type": "SecureString"}
        run.run(aws.call("ssm", "PutParameter", parameter, timeout=60))
    else:
        place = SecretsManager(f"{name}/")
        secret = {"Name": f"{name}/api_keys", "SecretString": text, "ClientRequestToken": name}
        run.run(aws.call("secretsmanager", "CreateSecret", secret, timeout=60))
    assert carried(SecretDocument("api_keys", place).records("", 30)) == {key.id: record, other.id: other}
    with pytest.raises(KeysUnreadable, match="no_such"):
        carried(SecretDocument("no_such", place).records("", 30))


def test_on_a_laptop_the_secret_stands_in_the_environment() -> None:
    _, record = made()
    secrets = EnvironmentVariables({"FANIN_SECRET_API_KEYS": write_document({record.id: record})})
    assert hold(SecretDocument("api_keys", secrets).records("", 30)) == {record.id: record}


def test_keys_are_found_in_a_file(tmp_path: Path) -> None:
    _, record = made()
    path = tmp_path / "keys.json"
    path.write_text(write_document({record.id: record}), encoding="utf-8")
    assert hold(FileDocument(path).records("", 30)) == {record.id: record}


@pytest.mark.parametrize("text", [None, "", "[]", "{" * 100])
def test_a_file_that_is_no_list_of_keys_is_unreadable(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "keys.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(KeysUnreadable, match=r"keys\.json"):
        hold(FileDocument(path).records("", 30))


@pytest.mark.parametrize("answer", [None, [], {"Item": None}, {"Item": {"pk": {"X": "a"}}}])
def test_an_answer_that_cannot_be_read_is_none(answer: Any) -> None:
    with pytest.raises(AwsUnavailable):
        hold(TablePlace("t").records("a", 1), lambda _: answer)


def test_a_table_is_read_as_it_was_written_last() -> None:
    """Or a key that was revoked a moment ago would be kept for a minute from now on."""
    asked: list[AskAws] = []

    def answer(question: AskAws) -> dict[str, Any]:
        asked.append(question)
        return {}

    hold(TablePlace("shop").records("abc", 1.5), answer)
    payload = {"TableName": "shop", "Key": {"pk": {"S": "key#abc"}}, "ConsistentRead": True}
    assert asked == [AskAws("dynamodb", "GetItem", payload, 1.5)]


def test_all_of_it_together(run: asyncio.Runner, aws: Aws, carried: Hold) -> None:
    """A key is made, presented, revoked, and refused a minute later."""
    name = run.run(create_table(aws, KEY, INDEXES, numbers=["made"]))
    ledger = TableLedger(AwsTable(Calls(aws, "dynamodb", Patience(30)), name))
    key, _ = run.run(issue(ledger, Issue("acme", "nightly"), NOW))
    clock = Clock()
    holders = KeyHolders(Callers(keys={}), Keys(), Kept(TablePlace(name), clock), Redaction(), lambda: NOW + 1)

    def present() -> Mapping[str, Any]:
        claims: Mapping[str, Any] = carried(holders.identify({"x-api-key": key.text}, clock() + 30)).claims
        return claims

    assert present()["sub"] == "acme"
    assert run.run(ledger.revoke(key.id, NOW + 1))
    clock.now += 60
    with pytest.raises(RequestError, match="revoked"):
        present()


SECRETS = EnvironmentVariables({})


@pytest.mark.parametrize(
    ("keys", "named", "place"),
    [
        ({}, "shop-keys", TablePlace("shop-keys")),
        ({}, "file:keys.json", FileDocument(Path("keys.json"))),
        ({"table": "other"}, "shop-keys", TablePlace("other")),
        ({"secret": "{!api_keys}"}, "shop-keys", SecretDocument("api_keys", SECRETS)),
    ],
)
def test_the_file_or_the_environment_names_the_place(keys: dict[str, str], named: str, place: Place) -> None:
    settings = Keys.model_validate(keys)
    assert place_of_keys("partners", settings, {"FANIN_KEYS": named}, SECRETS) == place


@pytest.mark.parametrize("named", ["", "file:"])
def test_keys_without_a_place_keep_the_function_from_starting(named: str) -> None:
    with pytest.raises(ConfigError) as raised:
        place_of_keys("partners", Keys(), {"FANIN_KEYS": named}, SECRETS)
    (finding,) = raised.value.findings
    assert (finding.rule, finding.key) == ("missing-keys", ("callers", "partners", "keys"))
