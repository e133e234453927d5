"""`refresh` in the deployed stack: the minute rule has the worker ask again, before anyone does, for a day."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanin.entrypoints.aws_lambda.tasks import MINUTE
from fanin.local.layout import CONFIGURATION
from fanin.local.stack.stack import Stack
from fanin.local.upstream.client import UpstreamClient
from fanin.stores.warm import WANTED_FOR
from tests.contract.ask import Ask, Question
from tests.stack.waiting import waited_for

_WITHIN = 150.0
"""Seconds that anything may take. Where the queue did not answer in time, the rule's own next minute sends the task."""
_CONFIGURED = ("GatewayFunction", "WorkerFunction")


@pytest.fixture
def kept_warm(deployed: Stack, tmp_path: Path) -> Iterator[None]:
    """Have the weather kept warm, by environments that start anew."""
    configuration = tmp_path / "fanin.toml"
    configuration.write_text(
        CONFIGURATION.read_text().replace("[sources.weather]\n", '[sources.weather]\nrefresh = "4m"\n')
    )
    before = {name: dict(deployed.deployment.variables(name)) for name in _CONFIGURED}
    changes = {"FANIN_CACHE": "on", "FANIN_CONFIG": str(configuration)}

    def configure(changes: dict[str, str]) -> None:
        for name, variables in before.items():
            deployed.deployment.replace_variables(name, variables | changes)

    configure(changes)
    yield
    configure({})


class Table:
    """The table of answers.

    Args:
        deployed: the stack.
    """

    def __init__(self, deployed: Stack) -> None:
        self._dynamodb = deployed.deployment.client("dynamodb")
        self._name = deployed.deployment.ids["CacheTable"]

    def keys(self) -> set[str]:
        """Give the keys of all items."""
        return {item["pk"]["S"] for item in self._dynamodb.scan(TableName=self._name)["Items"]}

    def warm(self) -> set[str]:
        """Give the keys of what is kept warm."""
        items = self._dynamodb.scan(TableName=self._name)["Items"]
        return {item["pk"]["S"].removeprefix("warm#") for item in items if "warm" in item}

    def item(self, key: str) -> dict[str, Any]:
        """Give an item's attributes, numbers as such."""
        found = self._dynamodb.get_item(TableName=self._name, Key={"pk": {"S": key}}, ConsistentRead=True)["Item"]
        return {name: float(v["N"]) if "N" in v else next(iter(v.values())) for name, v in found.items()}

    def set(self, key: str, **numbers: float) -> None:
        """Set attributes of an item."""
        self._dynamodb.update_item(
            TableName=self._name,
            Key={"pk": {"S": key}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in numbers),
            ExpressionAttributeNames={f"#{name}": name for name in numbers},
            ExpressionAttributeValues={f":{name}": {"N": repr(number)} for name, number in numbers.items()},
        )


def asked_for(ask: Ask, table: Table, city: str) -> str:
    """Ask for a city until its weather is kept, and to be kept warm; the key of its weather.

    On a busy machine the table may be too slow to be waited for, once.
    """
    before = table.warm()

    def noted() -> set[str]:
        assert ask(Question(f"/trip/{city}")).status == 200
        return (table.warm() - before) & table.keys()

    (key,) = waited_for(noted, _WITHIN)
    return key


@pytest.mark.usefixtures("kept_warm")
def test_what_somebody_asked_for_in_the_last_day_gets_newer_without_being_asked_for(
    deployed: Stack, functions: dict[str, Ask], upstream: UpstreamClient
) -> None:
    """Of two answers, both of them due, one was last asked for a day ago."""
    table, ask = Table(deployed), functions["gateway"]
    wanted, forgotten = (asked_for(ask, table, city) for city in ("Nairobi", "Tokyo"))
    upstream.reset()
    now = time.time()
    for key in (wanted, forgotten):
        table.set(key, given=now - 120)
    # In this order, since the rule itself may look at any moment: nothing is due before all else is as it is to be.
    table.set(f"warm#{forgotten}", asked=now - WANTED_FOR - 1, due=now - 1)
    table.set(f"warm#{wanted}", due=now - 1)

    worker = deployed.deployment.ids["WorkerFunction"]
    deployed.deployment.client("lambda").invoke(FunctionName=worker, Payload=json.dumps(MINUTE))
    waited_for(lambda: table.item(wanted)["given"] >= now, _WITHIN)
    assert table.item(f"warm#{wanted}")["due"] > now
    assert table.item(forgotten)["given"] == now - 120
    assert table.item(f"warm#{forgotten}").keys().isdisjoint({"due", "warm"})
    assert {api: calls for api, calls in upstream.calls().items() if calls} == {"open-meteo": 1}
