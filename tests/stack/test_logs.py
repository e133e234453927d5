"""What the functions write to their logs in the embedded AWS is what they write in Lambda."""

import json
import time
from typing import Any

import httpx
import pytest

from fanin.local.stack.stack import Stack
from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question
from tests.unit.test_metrics import check

FUNCTIONS = {"gateway": "GatewayLogs", "sync": "SyncLogs"}
PLATFORM = ("START ", "END ", "REPORT ")


def lines(deployed: Stack, function: str, request_id: str) -> list[dict[str, Any]]:
    """Give the lines of a function's log from a request's on, once they are there."""
    group, ends = deployed.deployment.ids[FUNCTIONS[function]], time.monotonic() + 10
    while time.monotonic() < ends:
        events = deployed.deployment.logs.filter_log_events(logGroupName=group)["events"]
        written = [json.loads(e["message"]) for e in events if not e["message"].startswith(PLATFORM)]
        found = [number for number, line in enumerate(written) if line.get("request_id") == request_id]
        if found and len(written) > found[-1] + 1:
            return written[found[0] :]
        time.sleep(0.05)
    raise AssertionError(f"no line of {request_id}")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_request_is_one_line_and_its_metrics(
    deployed: Stack, upstream: UpstreamClient, functions: dict[str, Ask], function: str
) -> None:
    """Whole, and in no other line's place: nothing wraps it."""
    upstream.rules({"open-meteo": {"fail": "status", "status": 503}})
    reply = functions[function](Question("/trip/Lisbon", "token=hunter2"))
    upstream.reset()
    line, *more = lines(deployed, function, reply.headers["x-request-id"])
    assert (line["level"], line["logger"], line["message"]) == ("WARN", "fanin", "request")
    assert (line["method"], line["endpoint"], line["status"]) == ("GET", "trip", 200)
    assert line["complete"] is False
    assert line["sources"]["geo"]["state"] == "fresh"
    assert line["sources"]["weather"]["state"] == "source-unavailable"
    assert "hunter2" not in json.dumps([line, *more])
    metrics = [each for each in more if "_aws" in each][:7]
    for each in metrics:
        check(each)
    assert [each.get("Source") for each in metrics] == [None, *line["sources"]]


@pytest.mark.parametrize("prefix", ["", "/threads", "/sync", "/sync-threads", "/django", "/django/async"])
def test_the_front_door_knows_when_calls_began_and_what_was_logged(
    deployed: Stack, upstream: UpstreamClient, prefix: str
) -> None:
    """In every model: its function tells the door before its answer comes by."""
    upstream.reset()
    answer = httpx.get(f"{deployed.url}{prefix}/trip/Lisbon")
    recent = httpx.get(f"{deployed.url}/console/recent").json()["requests"]
    (request,) = (each for each in recent if each["id"] == answer.headers["x-request-id"])
    assert (request["path"], request["endpoints"]) == (f"{prefix}/trip/Lisbon", ["trip"])
    opened = httpx.get(f"{deployed.url}/console/recent", params={"id": request["id"]}).json()
    (result,) = opened["results"]
    spans = result["spans"]
    assert spans["geo"]["ended"] <= spans["country"]["started"]
    assert spans["country"]["ended"] <= spans["rates"]["started"]
    assert spans["rates"]["attempts"][0]["result"] == "value"
    assert bool(result["critical"]) == (prefix == "")
    (line,) = (json.loads(line) for line in opened["lines"])
    assert (line["message"], line["sources"]["geo"]["state"]) == ("request", "fresh")
