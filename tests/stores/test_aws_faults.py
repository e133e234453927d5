"""A table, a queue and a bucket of an AWS that is down, slow, throttled, refusing or garbling: an error for each."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fanin.aws.client import Aws
from fanin.stores.aws.bucket import AwsBucket
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.queue import AwsQueue
from fanin.stores.aws.table import AwsTable
from fanin.stores.bounds import MAX_PAGES, Patience
from fanin.stores.breaker import Breaker
from fanin.stores.condition import equal
from fanin.stores.errors import (
    ConditionFailed,
    StoreError,
    StoreRefused,
    StoreThrottled,
    StoreTooLarge,
    StoreUnavailable,
)
from fanin.stores.table import Change
from tests.roots import tls_context
from tests.stores.faulty import Server, served

TLS = tls_context()
IN_XML = b"<Error><Code>%s</Code><Message>no</Message></Error>"
FAULTS: dict[str, tuple[int, bytes, float, type[StoreError]]] = {
    "down": (503, b"", 0.0, StoreUnavailable),
    "hanging": (200, b"{}", 30.0, StoreUnavailable),
    "throttled by code": (400, b'{"__type": "x#ThrottlingException"}', 0.0, StoreThrottled),
    "throttled by status": (429, b"", 0.0, StoreThrottled),
    "throttled in XML": (503, IN_XML % b"SlowDown", 0.0, StoreThrottled),
    "denied": (403, b'{"__type": "x#AccessDeniedException", "Message": "no"}', 0.0, StoreRefused),
    "denied in XML": (403, IN_XML % b"AccessDenied", 0.0, StoreRefused),
    "no such store": (400, b'{"__type": "x#ResourceNotFoundException"}', 0.0, StoreRefused),
}
GARBLED = [
    b"<html>",
    b"[]",
    b"1",
    b'{"Item": 1, "Attributes": 1, "Items": 1}',
    b'{"Item": {"pk": "1"}, "Attributes": {"pk": "1"}, "Items": [{"pk": "1"}]}',
    b'{"Item": {"pk": {"B": "%%%"}}, "Attributes": {"pk": {"N": "x"}}, "Items": [{"pk": {"S": 1}}]}',
    b'{"Item": {"pk": {"Q": "1"}}, "Attributes": {"pk": {}}, "Items": [{"pk": {"S": "1", "N": "1"}}]}',
]

type Ask = Callable[["Stores"], Awaitable[object]]


class Stores:
    """What a function has, each behind a breaker of its own, or asking again and again.

    Args:
        url: where AWS is.
        patience: of all of them.
        spared: whether there are breakers.
    """

    def __init__(self, url: str, patience: Patience, *, spared: bool) -> None:
        own = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}
        self.aws = Aws(own | {"AWS_ENDPOINT_URL": url}, TLS)
        self.pauses: list[float] = []

        def calls(service: str) -> Calls:
            breaker = Breaker(service, asyncio.get_running_loop().time) if spared else None
            return Calls(self.aws, service, patience, breaker=breaker, sleep=self._sleep)

        self.table = AwsTable(calls("dynamodb"), "t")
        self.queue = AwsQueue(calls("sqs"), "https://sqs.example/q")
        self.bucket = AwsBucket(calls("s3"), "b")

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


KEY = {"pk": "1"}
READING: dict[str, Ask] = {
    "get": lambda stores: stores.table.get(KEY),
    "change": lambda stores: stores.table.change(KEY, Change({"a": 1}), before=True),
    "delete": lambda stores: stores.table.delete(KEY),
    "find": lambda stores: stores.table.find("i", equal("a", "b"), limit=1),
}
TABLE: dict[str, Ask] = READING | {
    "put": lambda stores: stores.table.put(KEY),
    "delete_all": lambda stores: stores.table.delete_all([KEY]),
}
EVERYTHING: dict[str, Ask] = TABLE | {
    "send": lambda stores: stores.queue.send("body"),
    "put object": lambda stores: stores.bucket.put("k", b"1"),
    "get object": lambda stores: stores.bucket.get("k"),
}


def errors(server: Server, ask: Ask, times: int, patience: Patience, *, spared: bool) -> tuple[list[Any], list[float]]:
    """Ask some times; give what each came to, and the pauses in between."""

    async def main() -> tuple[list[Any], list[float]]:
        stores = Stores(server.url, patience, spared=spared)
        outcomes = [(await asyncio.gather(ask(stores), return_exceptions=True))[0] for _ in range(times)]
        await stores.aws.aclose()
        return outcomes, stores.pauses

    return asyncio.run(main())


@pytest.mark.parametrize("name", EVERYTHING)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_its_error_and_behind_a_breaker_it_is_met_once(fault: str, name: str) -> None:
    status, body, after, kind = FAULTS[fault]
    within = 0.1 if after else 30.0
    with served(status, body, after) as server:
        outcomes, _ = errors(server, EVERYTHING[name], 3, Patience(within), spared=True)
        assert [type(outcome) for outcome in outcomes] == [kind, StoreUnavailable, StoreUnavailable]
        assert server.asked == 1


@pytest.mark.parametrize("name", EVERYTHING)
@pytest.mark.parametrize("fault", ["down", "throttled by status", "denied"])
def test_whoever_is_patient_asks_again_unless_it_is_refused(fault: str, name: str) -> None:
    status, body, after, kind = FAULTS[fault]
    with served(status, body, after) as server:
        [outcome], pauses = errors(server, EVERYTHING[name], 1, Patience(30.0, (0.5, 1.5)), spared=False)
        assert type(outcome) is kind
        assert (server.asked, pauses) == ((1, []) if kind is StoreRefused else (3, [0.5, 1.5]))


@pytest.mark.parametrize("name", [*READING, "send"])
@pytest.mark.parametrize("body", GARBLED, ids=repr)
def test_an_answer_that_cannot_be_read_is_none(body: bytes, name: str) -> None:
    with served(200, body) as server:
        outcomes, _ = errors(server, EVERYTHING[name], 2, Patience(30.0), spared=True)
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
        assert server.asked == 1


@pytest.mark.parametrize("name", ["put", "delete_all"])
@pytest.mark.parametrize("body", [b"<html>", b"[]", b"1"], ids=repr)
def test_nor_is_one_of_which_nothing_is_wanted(body: bytes, name: str) -> None:
    with served(200, body) as server:
        outcomes, _ = errors(server, TABLE[name], 1, Patience(30.0), spared=True)
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable]


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("ConditionalCheckFailedException", "The conditional request failed", ConditionFailed),
        ("ValidationException", "Item size has exceeded the maximum allowed size", StoreTooLarge),
        ("ValidationException", "Item size to update has exceeded the maximum allowed size", StoreTooLarge),
        ("InvalidParameterValue", "Reason: Message must be shorter than 262144 bytes.", StoreTooLarge),
    ],
)
def test_what_a_store_in_order_says_opens_no_breaker(code: str, message: str, kind: type[StoreError]) -> None:
    with served(400, f'{{"__type": "x#{code}", "message": "{message}"}}'.encode()) as server:
        outcomes, _ = errors(server, TABLE["put"], 3, Patience(30.0), spared=True)
        assert [type(outcome) for outcome in outcomes] == [kind] * 3
        assert server.asked == 3


def test_items_that_are_left_undeleted_are_told() -> None:
    with served(200, b'{"UnprocessedItems": {"t": [{"DeleteRequest": {"Key": {"pk": {"S": "1"}}}}]}}') as server:
        [outcome], _ = errors(server, TABLE["delete_all"], 1, Patience(30.0), spared=False)
        assert type(outcome) is StoreThrottled


def test_pages_without_an_end_are_followed_so_far() -> None:
    with served(200, b'{"Items": [], "LastEvaluatedKey": {"pk": {"S": "1"}}}') as server:
        [outcome], _ = errors(server, TABLE["find"], 1, Patience(30.0), spared=False)
        assert type(outcome) is StoreUnavailable
        assert server.asked == MAX_PAGES
