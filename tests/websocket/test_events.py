"""The events of tests/events/events/live, through the function's handler, over somebody else's DynamoDB and SQS."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from fanin.config import load
from fanin.engine.call import Call
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Outcome
from fanin.entrypoints.aws_lambda.handler import Handler, Observability
from fanin.entrypoints.websocket.connections import Turn
from fanin.entrypoints.websocket.handler import live_handler
from fanin.errors import SourceUnavailable
from fanin.local.layout import TEMPLATE
from fanin.local.sam.built import of_type
from fanin.local.sam.template_reading import parsed
from tests.unit.lambda_events import FakeContext
from tests.websocket.lambda_function import LambdaFunction, Resources

if TYPE_CHECKING:
    from fanin.entrypoints.websocket.service import Service

ROOT = Path(__file__).parents[2]
EVENTS: dict[str, Any] = {
    file.stem: json.loads(file.read_text()) for file in sorted((ROOT / "tests/events/events/live").glob("*.json"))
}


async def out_of_order(call: Call) -> Outcome[Any]:
    raise SourceUnavailable(call.source.name, "out of order")


@pytest.fixture
def resources(environment: dict[str, str]) -> Resources:
    return Resources(environment, "http://127.0.0.1:1")


@pytest.fixture
def handler(resources: Resources) -> Iterator[Handler]:
    config = load(ROOT / "fanin.toml", {})
    with LambdaFunction(resources, config, dict.fromkeys(config.sources, out_of_order)) as function:
        yield function.handler


@pytest.mark.parametrize("name", [name for name in EVENTS if name != "turn"])
def test_every_event_of_a_connection_is_taken(handler: Handler, name: str) -> None:
    """Even where no message can be posted and no source answers."""
    assert handler(EVENTS[name], FakeContext()) == {"statusCode": 200}


def test_connecting_keeps_a_row_and_disconnecting_removes_it(handler: Handler, resources: Resources) -> None:
    handler(EVENTS["connect"], FakeContext())
    (row,) = resources.table.scan()["Items"]
    assert row["connection"] == EVENTS["connect"]["requestContext"]["connectionId"]
    assert row["expires"] > time.time() + 7000
    handler(EVENTS["disconnect"], FakeContext())
    assert resources.table.scan()["Items"] == []


def test_a_turn_whose_subscription_is_no_more_is_done(handler: Handler) -> None:
    assert handler(EVENTS["turn"], FakeContext()) == {"batchItemFailures": []}


def test_a_message_of_the_queue_that_is_no_turn_is_handed_back(handler: Handler) -> None:
    event: dict[str, Any] = json.loads(json.dumps(EVENTS["turn"]))
    event["Records"].append({**event["Records"][0], "messageId": "other", "body": '{"what": 1}'})
    event["Records"].append({**event["Records"][0], "messageId": "third", "body": "{"})
    failures = handler(event, FakeContext())["batchItemFailures"]
    assert failures == [{"itemIdentifier": "other"}, {"itemIdentifier": "third"}]


@pytest.mark.parametrize("odd", [None, 1, "text", [], {}, {"body": "no id"}])
def test_what_is_no_message_of_the_queue_is_refused_and_the_rest_of_the_batch_is_done(
    handler: Handler, odd: Any, caplog: pytest.LogCaptureFixture
) -> None:
    event: dict[str, Any] = json.loads(json.dumps(EVENTS["turn"]))
    turn = event["Records"][0]
    event["Records"] = [odd, turn, {"messageId": "other", "eventSource": "aws:sqs"}]
    assert handler(event, FakeContext()) == {"batchItemFailures": [{"itemIdentifier": "other"}]}
    said = [record.message for record in caplog.records if record.name == "fanin"]
    assert said == ["message refused", "message is no turn"]


@pytest.mark.parametrize("body", ["!", "a", "====", "\u00e9", 7, {"a": 1}])
def test_a_message_of_broken_base64_is_refused_as_a_bad_message(
    handler: Handler, resources: Resources, body: Any
) -> None:
    """It is counted as any other, and no invocation fails."""
    event = {**next(event for name, event in EVENTS.items() if "body" in event), "body": body, "isBase64Encoded": True}
    assert handler(event, FakeContext()) == {"statusCode": 200}
    (row,) = resources.table.scan()["Items"]
    assert row["messages"] == 1


def test_a_message_is_done_with_before_api_gateway_gives_up() -> None:
    """It tells the client of a time-out of its own then. Nobody waits for a turn of the queue."""
    deadlines: dict[str, float] = {}

    class Seen:
        async def received(self, _connection: str, _text: str, invocation: Invocation) -> None:
            deadlines["message"] = invocation.deadline

        async def due(self, _turn: Turn, invocation: Invocation) -> None:
            deadlines["turn"] = invocation.deadline

    loop = asyncio.new_event_loop()
    handler = live_handler(cast("Service", Seen()), Observability(), loop=loop, clock=lambda: 1000.0)
    for name in ("subscribe", "turn"):
        handler(EVENTS[name], FakeContext())
    loop.close()
    asyncio.set_event_loop(None)
    integrations = of_type("AWS::ApiGatewayV2::Integration", parsed(TEMPLATE.read_text())).items()
    waits = [each["TimeoutInMillis"] / 1000 for name, each in integrations if name.startswith("Live")]
    assert waits == [29.0] * 3
    assert deadlines == {"message": 1028.0, "turn": 1029.0}


def test_an_event_of_another_kind_is_refused(handler: Handler) -> None:
    http = json.loads((ROOT / "tests/events/events/gateway/http-api-get.json").read_text())
    events: list[Any] = [http, {}, None, {"Records": []}, {"Records": [{"eventSource": "aws:s3"}]}]
    for event in events:
        response = handler(event, FakeContext())
        assert response["statusCode"] == 400
        assert json.loads(response["body"])["type"].endswith("/not-websocket")
