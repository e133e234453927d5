"""The deployed cache: answers are kept for all environments, and what is stale is refreshed by the worker."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fanin.local.stack.stack import Stack
from tests.contract.ask import Ask, Question, Reply
from tests.stack.waiting import waited_for

_WITHIN = 90.0
_PORTO = Question("/trip/Porto")


@pytest.fixture
def anew(deployed: Stack) -> Iterator[Callable[[], None]]:
    """Give what starts environments of gateway and worker anew, with the cache on; in the end it is off again."""
    count = 0

    def configure(cache: str) -> None:
        nonlocal count
        count += 1
        for name in ("GatewayFunction", "WorkerFunction"):
            variables = {**deployed.deployment.variables(name), "FANIN_CACHE": cache, "ANEW": str(count)}
            deployed.deployment.replace_variables(name, variables)

    yield lambda: configure("on")
    configure("off")


def attempts(reply: Reply) -> dict[str, str]:
    """Give what `Fanin-Sources` says of each source's attempts."""
    members = (member.split(";") for member in reply.headers["fanin-sources"].split(", "))
    return {head.partition("=")[0]: parameters[-1].partition("=")[2] for head, *parameters in members}


def test_what_one_environment_has_read_the_next_one_has_and_the_worker_refreshes_it(
    deployed: Stack, functions: dict[str, Ask], anew: Callable[[], None]
) -> None:
    ask, table = functions["gateway"], deployed.deployment.ids["CacheTable"]
    dynamodb = deployed.deployment.client("dynamodb")

    def items() -> dict[str, dict[str, Any]]:
        return {item["pk"]["S"]: item for item in dynamodb.scan(TableName=table)["Items"]}

    def from_the_table() -> Reply:
        """Ask new environments until one has read all there: fanin does not wait for a table that is slow."""

        def read() -> Reply | None:
            anew()
            return reply if set(attempts(reply := ask(_PORTO)).values()) == {"0"} else None

        reply = waited_for(read, _WITHIN)
        assert reply
        return reply

    before = items().keys()  # of other tests
    anew()
    first = ask(_PORTO)
    assert set(attempts(first).values()) == {"1"}

    second = from_the_table()
    kept = items().keys() - before
    assert {key.partition("#")[0] for key in kept} == set(attempts(first))
    assert second.content == first.content
    assert second.headers["cache-control"].startswith("max-age=")
    third = ask(Question("/trip/Porto", headers={"If-None-Match": second.headers["etag"]}))
    assert (third.status, third.content) == (304, b"")

    (weather,) = (key for key in kept if key.startswith("weather#"))
    update = "SET fresh = :past"
    past = {":past": {"N": str(time.time() - 1)}}
    key = {"pk": {"S": weather}}

    def stale() -> bool:
        """Ask a new environment for what has just become stale: it calls the source if the table is slow."""
        dynamodb.update_item(TableName=table, Key=key, UpdateExpression=update, ExpressionAttributeValues=past)
        anew()
        return ask(_PORTO).sources["weather"] == "stale"

    assert waited_for(stale, _WITHIN)
    waited_for(lambda: float(items()[weather]["fresh"]["N"]) >= time.time(), _WITHIN)
    # An environment looks every two seconds for what is newer.
    refreshed = waited_for(lambda: reply if (reply := ask(_PORTO)).sources["weather"] == "fresh" else None, _WITHIN)
    assert refreshed
    assert attempts(refreshed)["weather"] == "0"
