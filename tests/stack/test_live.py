"""The WebSocket API in the embedded AWS, end to end, spoken by somebody else's client."""

import json
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from fanin.local.stack.stack import Stack
from fanin.local.upstream.client import UpstreamClient
from tests.stack.patience import patient
from tests.stack.waiting import waited_for
from tests.websocket.hearing import hear, is_cut_off

_WITHIN = 30.0
"""Seconds that anything may take; a function that starts takes some."""
_TRIP = {"action": "subscribe", "id": "a", "endpoint": "trip", "params": {"city": "Lisbon"}}
_SOURCES = {"geo", "weather", "air", "country", "rates", "summary"}


@pytest.fixture
def client(deployed: Stack, upstream: UpstreamClient) -> Iterator[ClientConnection]:
    upstream.reset()
    with connect(deployed.live_url, open_timeout=_WITHIN) as connection:
        yield connection


def ask(client: ClientConnection, **changes: Any) -> None:
    client.send(json.dumps({**_TRIP, **changes}))


def hear_round(client: ClientConnection) -> list[dict[str, Any]]:
    messages = [hear(client)]
    while messages[-1]["type"] == "source":
        messages.append(hear(client))
    return messages


def test_each_source_arrives_in_a_message_of_its_own_then_complete(client: ClientConnection) -> None:
    ask(client)
    messages = hear_round(client)
    assert {m["source"] for m in messages[:-1]} == _SOURCES
    assert [m["n"] for m in messages] == list(range(1, 8))
    assert messages[-1]["status"] == 200
    assert messages[-1]["complete"] is True


def test_the_first_source_is_there_while_others_are_still_to_be_called(
    client: ClientConnection, deployed: Stack, upstream: UpstreamClient, tmp_path: Path
) -> None:
    """What befalls an API once the first source has been heard of is what a later source comes upon."""
    upstream.rules({"countries-dev": {"delay": 4000}})
    with patient(deployed, "LiveFunction", tmp_path):
        ask(client)
        assert hear(client)["source"] == "geo"
        upstream.rules({"frankfurter": {"fail": "status", "status": 503}})
        *sources, end = hear_round(client)
    (rates,) = [m for m in sources if m["source"] == "rates"]
    assert rates["problem"]["type"].endswith("/source-unavailable")
    assert end["complete"] is False


def test_a_source_that_fails_is_a_problem(client: ClientConnection, upstream: UpstreamClient) -> None:
    upstream.rules({"wikipedia": {"fail": "status", "status": 503}})
    ask(client)
    (failed,) = [m for m in hear_round(client) if m.get("source") == "summary"]
    assert failed["problem"]["type"].endswith("/source-unavailable")


def test_a_client_that_goes_on_sending_too_many_messages_is_cut_off(client: ClientConnection) -> None:
    """By the right to end connections."""
    assert is_cut_off(client)


def test_what_is_no_message_is_refused(client: ClientConnection) -> None:
    client.send("{")
    assert hear(client)["problem"]["type"].endswith("/bad-message")
    ask(client, endpoint="nowhere")
    assert hear(client)["problem"]["type"].endswith("/unknown-endpoint")


def test_every_sends_what_changed_until_unsubscribe(
    client: ClientConnection, upstream: UpstreamClient, deployed: Stack
) -> None:
    ask(client, every="5s")
    assert len(hear_round(client)) == 7
    upstream.rules({"wikipedia": {"fail": "status", "status": 503}})
    changed = hear_round(client)
    assert [(m["n"], m.get("source")) for m in changed] == [(8, "summary"), (9, None)]
    client.send(json.dumps({"action": "unsubscribe", "id": "a"}))
    while (last := hear(client))["type"] != "unsubscribed":
        assert last["id"] == "a"  # on its way while the function for this message starts
    assert last == {"id": "a", "type": "unsubscribed"}
    assert set(map(frozenset, rows(deployed).values())) == {frozenset({"connection"})}


def test_a_jobs_progress_is_followed_to_its_end(client: ClientConnection, deployed: Stack) -> None:
    order = json.dumps({"endpoint": "trip", "parameters": {"city": "Lisbon"}}).encode()
    request = urllib.request.Request(f"{deployed.url}/jobs", order, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_WITHIN) as response:
        job = json.load(response)
    client.send(json.dumps({"action": "subscribe", "id": "j", "job": job["id"]}))
    heard = [hear(client)]
    while heard[-1]["type"] != "complete" or heard[-1]["again_in"] is not None:
        heard.append(hear(client))
    assert (heard[-1]["job"], heard[-1]["status"], heard[-1]["complete"]) == ("succeeded", 200, True)
    assert heard[-1]["url"] == f"{deployed.url}/jobs/{job['id']}"
    states = {m["source"]: m["state"] for m in heard if m["type"] == "progress"}
    assert states == dict.fromkeys(_SOURCES, "fresh")


def test_a_client_that_has_gone_is_forgotten(client: ClientConnection, deployed: Stack) -> None:
    ask(client, every="5s")
    hear_round(client)
    (own,) = [connection for connection, items in rows(deployed).items() if items == {"connection", "subscription/a"}]
    client.close()
    waited_for(lambda: own not in rows(deployed), _WITHIN)


def rows(deployed: Stack) -> dict[str, set[str]]:
    """Give what is kept of each connection. A message that comes when its connection has ended may be kept, too."""
    table = deployed.deployment.ids["ConnectionsTable"]
    kept = defaultdict[str, set[str]](set)
    for row in deployed.deployment.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]:
        kept[row["connection"]["S"]].add(row["item"]["S"])
    return kept
