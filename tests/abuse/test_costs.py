"""docs/abuse.md says how many calls of AWS's services each action of a client costs; here they are counted."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fanin.aws.client import Aws
from fanin.callers.keys.form import ApiKey, new_key
from fanin.callers.keys.ledger import INDEXES as KEYS_INDEXES
from fanin.callers.keys.ledger import KEY as KEYS_KEY
from fanin.callers.keys.ledger import Issue, TableLedger, issue
from fanin.compose import parts
from fanin.compose.gateway import gateway
from fanin.compose.jobs import jobs
from fanin.engine.call import Call, Response, Runtime
from fanin.engine.outcome import Outcome
from fanin.entrypoints.websocket.limits import MAX_MESSAGES, MAX_UNREAD
from fanin.jobs.table import INDEXES as JOBS_INDEXES
from fanin.jobs.table import KEY as JOBS_KEY
from fanin.local.layout import ROOT
from fanin.stores import client_counts
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.table import AwsTable
from fanin.stores.bounds import Patience
from tests.abuse.conftest import Counting
from tests.contract.own.upstream import Gives, Upstreams
from tests.functions import asgi, end
from tests.roots import tls_context
from tests.stores.resources import create_bucket, create_queue, create_table, received
from tests.unit.lambda_events import FakeContext, payload_2
from tests.unit.scenario import config_of
from tests.websocket.lambda_function import LambdaFunction, Resources

FILE = """
fanin = 1
[variables]
api = "https://api.example"
[sources.place]
url = "{$api}/places/{name}"
private = true
cache = { fresh = "1h", negative = "1m" }
[endpoints.place]
path = "/place/{name}"
sources = ["place"]
required = ["place"]
"""
SUBSCRIBED = '[sources.a]\nurl = "https://a.example/{name}"\n[endpoints.a]\npath = "/a/{name}"\nsources = ["a"]\n'
ORDER = {"endpoint": "place", "parameters": {"name": "Lisbon"}}


def documented() -> dict[str, int]:
    """Read the table of docs/abuse.md: the calls of each action."""
    text = (ROOT / "docs/abuse.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([0-9]+) \|", text, re.MULTILINE)
    assert len(rows) == len(dict(rows))
    return {action: int(calls) for action, calls in rows}


class Client:
    """A client of the functions.

    Args:
        counting: counts what they ask of AWS.
        environment: theirs.
        folder: where fanin.toml is.
    """

    def __init__(self, counting: Counting, environment: dict[str, str], folder: Path) -> None:
        self._counting = counting
        self.environment = environment
        self._folder = folder
        self.told: dict[str, int] = {}

    def environment_of_a_function(self) -> Any:
        """Start a function, which keeps nothing in its memory yet."""
        return asgi(gateway(self._folder, self.environment))

    def counted(self, action: str, calls: Counter[str] | None = None) -> Counter[str]:
        """Give what an action has cost."""
        calls = calls or self._counting.taken()
        self.told[action] = calls.total()
        return calls


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Upstreams]:
    with Upstreams().running() as running:
        yield running


@pytest.fixture
def client(counting: Counting, environment: dict[str, str], upstreams: Upstreams, tmp_path: Path) -> Client:
    async def made() -> dict[str, str]:
        aws = Aws(environment, tls_context())
        try:
            return {
                "FANIN_TABLE": await create_table(aws, ["pk"]),
                "FANIN_QUEUE": await create_queue(aws),
                "FANIN_JOBS": await create_table(aws, JOBS_KEY, JOBS_INDEXES, numbers={"due"}),
                "FANIN_JOBS_QUEUE": await create_queue(aws),
                "FANIN_DEAD_LETTERS": await create_queue(aws),
                "FANIN_JOBS_BUCKET": await create_bucket(aws),
            }
        finally:
            await aws.aclose()

    (tmp_path / "fanin.toml").write_text(FILE)
    upstreams.play({"GET /places/Lisbon": Gives({"at": 1}), "GET /places/Nowhere": Gives(status=404)})
    own = {"FANIN_ALLOW": "127.0.0.0/8:*", "AWS_ENDPOINT_URL": counting.url}
    return Client(counting, {**environment, **upstreams.variables, **own, **asyncio.run(made())}, tmp_path)


def ask(handler: Any, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    """Ask the gateway function."""
    more: dict[str, Any] = {"headers": {"host": "api.example", "content-type": "application/json", **headers}}
    if body is not None:
        more["body"] = json.dumps(body)
    path, _, query = path.partition("?")
    answer: dict[str, Any] = handler(payload_2(path, query, method=method, **more), FakeContext())
    return answer


def test_requests_cost_what_is_documented(client: Client) -> None:
    with client.environment_of_a_function() as handler:
        assert ask(handler, "GET", "/place/Lisbon")["statusCode"] == 200
        client.counted("a request for what nobody has asked for")
        assert ask(handler, "GET", "/place/Lisbon")["statusCode"] == 200
        client.counted("a request for what this environment has kept")
        assert ask(handler, "GET", "/place/Nowhere")["statusCode"] == 404
        client.counted("a request for what no source has")
        for path, status in (("/nowhere", 404), ("/place/" + "x" * 300, 422), ("/place/x?" + "y" * 9000, 414)):
            assert ask(handler, "GET", path)["statusCode"] == status
        client.counted("a request that is refused")
    with client.environment_of_a_function() as handler:
        assert ask(handler, "GET", "/place/Lisbon")["statusCode"] == 200
        client.counted("a request for what another environment has kept")
    assert client.told == {action: calls for action, calls in documented().items() if action.startswith("a request")}


def test_clients_with_a_limit_cost_what_is_documented(client: Client) -> None:
    file, moment = client._folder / "fanin.toml", 1_800_000_000.0
    file.write_text(FILE + 'client_limit = { calls = 5, per = "1d", by = "address" }\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "Runtime", lambda: Runtime(now=lambda: moment))
        patch.setattr(client_counts, "WITHIN", 30.0)
        patch.setattr(client_counts, "WITHIN_FIRST", 30.0)
        with client.environment_of_a_function() as first, client.environment_of_a_function() as second:

            def asked(handler: Any) -> int:
                status: int = ask(handler, "GET", "/place/Lisbon")["statusCode"]
                return status

            assert [asked(first), asked(second)] == [200, 200]
            client.counted("")
            assert asked(first) == 200
            client.counted("a client asks an endpoint with `client_limit` for what this environment has kept")
            with client.environment_of_a_function() as third:
                assert asked(third) == 200
                kept = 1  # what another environment has kept is a read besides
                calls = client.counted("it asks an environment that does not know it yet")
                client.told["it asks an environment that does not know it yet"] = calls.total() - kept
            assert asked(first) == 200
            client.counted("")
            assert asked(second) == 429
            client.counted("it asks once too often, and other environments have counted that")
            assert [asked(second) for _ in range(5)] == [429] * 5
            client.counted("it goes on asking")
    del client.told[""]
    rows = documented()
    assert client.told == {action: rows[action] for action in client.told}


def test_api_keys_cost_what_is_documented(client: Client) -> None:
    callers = 'caller = "partners"\n[callers.partners]\nkeys = {}\n'
    (client._folder / "fanin.toml").write_text(FILE.replace("[variables]", f"{callers}[variables]"))
    client.environment["FANIN_KEYS"] = asyncio.run(_keys_table(client.environment))
    key, unknown = asyncio.run(_key(client.environment)), new_key()
    with client.environment_of_a_function() as handler:
        for status in (200, 200):
            assert ask(handler, "GET", "/place/Lisbon", **{"x-api-key": key.text})["statusCode"] == status
        client.counted("")
        assert ask(handler, "GET", "/place/Lisbon", **{"x-api-key": key.text})["statusCode"] == 200
        client.counted("an API key that this environment has looked up, within 60 s")
        for action in ("an API key that nobody made, for the first time", "the same again within 10 s"):
            assert ask(handler, "GET", "/place/Lisbon", **{"x-api-key": unknown.text})["statusCode"] == 401
            client.counted(action)
        assert ask(handler, "GET", "/place/Lisbon", **{"x-api-key": new_key().text[:-1]})["statusCode"] == 401
        client.counted("an API key with a typo")
        del client.told[""]
    told = {action: calls for action, calls in documented().items() if "API key" in action or "same again" in action}
    assert client.told == told


async def _keys_table(environment: dict[str, str]) -> str:
    aws = Aws(environment, tls_context())
    try:
        return await create_table(aws, KEYS_KEY, KEYS_INDEXES, numbers={"made"})
    finally:
        await aws.aclose()


async def _key(environment: dict[str, str]) -> ApiKey:
    aws = Aws(environment, tls_context())
    try:
        table = AwsTable(Calls(aws, "dynamodb", Patience(30)), environment["FANIN_KEYS"])
        key, _ = await issue(TableLedger(table), Issue("acme", "x"), 1_700_000_000)
        return key
    finally:
        await aws.aclose()


def test_jobs_cost_what_is_documented(client: Client) -> None:
    with client.environment_of_a_function() as handler:
        assert ask(handler, "GET", "/place/Lisbon")["statusCode"] == 200
        client.counted("")
        made = json.loads(ask(handler, "POST", "/jobs", ORDER)["body"])
        client.counted("a job is handed in")
        assert ask(handler, "POST", "/jobs", ORDER, **{"idempotency-key": '"k"'})["statusCode"] == 202
        client.counted("a job is handed in with a key")
        assert ask(handler, "POST", "/jobs", ORDER, **{"idempotency-key": '"k"'})["statusCode"] == 202
        client.counted("the same key again")
        (body, _), *_ = asyncio.run(_received(client, "FANIN_JOBS_QUEUE"))
        _run(client, body)
        client.counted("a job runs, with one source that another environment has kept")
        assert json.loads(ask(handler, "GET", f"/jobs/{made['id']}")["body"])["state"] == "succeeded"
        client.counted("a job is asked for")
        assert ask(handler, "GET", f"/jobs/{'0' * 32}")["statusCode"] == 404
        client.counted("a job is asked for that is not there")
        waiting = json.loads(ask(handler, "POST", "/jobs", ORDER)["body"])
        client.counted("")
        assert ask(handler, "DELETE", f"/jobs/{waiting['id']}")["statusCode"] == 200
        client.counted("a job is cancelled")
        del client.told[""]
    assert client.told == {
        action: calls for action, calls in documented().items() if "job" in action or action == "the same key again"
    }


def test_more_open_jobs_than_may_be_cost_less_than_one(client: Client) -> None:
    text = (client._folder / "fanin.toml").read_text() + "[jobs]\nmax_open = 2\n"
    (client._folder / "fanin.toml").write_text(text)
    with client.environment_of_a_function() as handler:
        statuses = [ask(handler, "POST", "/jobs", ORDER)["statusCode"] for _ in range(4)]
        assert statuses == [202, 202, 429, 429]
        client.counted("")
        assert ask(handler, "POST", "/jobs", ORDER)["statusCode"] == 429
        client.counted("one too many is refused")
    assert client.told["one too many is refused"] == documented()["one too many is refused"]


def test_messages_over_websocket_cost_what_is_documented(
    counting: Counting, environment: dict[str, str], client: Client
) -> None:
    resources = Resources({**environment, "AWS_ENDPOINT_URL": counting.url}, counting.url)
    config = config_of(SUBSCRIBED)
    asked = {"action": "subscribe", "id": "s", "endpoint": "a", "params": {"name": "x"}}
    with LambdaFunction(resources, config, {"a": _answers}, lambda: 1_800_000_000.0) as function:
        send = _sender(function)
        counting.taken()
        send("CONNECT")
        client.counted("a connection is opened")
        send("MESSAGE", "{")
        client.counted("a message that is refused")
        send("MESSAGE", json.dumps(asked))
        client.counted("a subscription without `every` to one source")
        send("MESSAGE", json.dumps(asked | {"every": "5s"}))
        client.counted("a subscription with `every` to one source")
        for _ in range(MAX_MESSAGES + MAX_UNREAD - 3):
            send("MESSAGE", "{")
        assert counting.taken()["UpdateItem"] == MAX_MESSAGES + MAX_UNREAD - 3
        send("MESSAGE", "{")
        assert client.counted("the message that has its connection closed")["DELETE @connections"] == 1
        send("DISCONNECT")
        client.counted("a connection is closed, with one subscription")
    rows = documented()
    assert client.told == {action: rows[action] for action in client.told}


async def _answers(_: Call) -> Outcome[Any]:
    return Outcome(Response(200, {"content-type": "application/json"}, b'{"x": 1}'))


def _sender(function: LambdaFunction) -> Callable[..., Any]:
    def send(kind: str, body: str = "") -> Any:
        context = {"eventType": kind, "connectionId": "c", "routeKey": "$default", "stage": "live"}
        return function.handler({"requestContext": context, "body": body, "isBase64Encoded": False}, FakeContext())

    return send


async def _received(client: Client, queue: str) -> list[tuple[str, dict[str, str]]]:
    aws = Aws(client.environment, tls_context())
    try:
        found = await received(aws, client.environment[queue])
    finally:
        await aws.aclose()
    client._counting.taken()
    return found


def _run(client: Client, body: str) -> None:
    """Have the jobs function do what a message says."""
    record = {"messageId": "m", "eventSource": "aws:sqs", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
    handler = jobs(client._folder, client.environment)
    assert handler({"Records": [record]}, FakeContext(remaining_ms=60_000)) == {"batchItemFailures": []}
    end(asyncio.get_event_loop())
    asyncio.set_event_loop(None)
