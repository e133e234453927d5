"""What the functions write to their logs in the embedded AWS is what they write in Lambda."""

import json
from typing import Any

import httpx
import pytest

from fanin.local.stack.stack import Stack
from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question
from tests.stack.waiting import waited_for
from tests.unit.test_metrics import check

FUNCTIONS = {"gateway": "GatewayLogs", "sync": "SyncLogs"}
PLATFORM = ("START ", "END ", "REPORT ")
_WITHIN = 60.0


def lines(deployed: Stack, ask: Ask, function: str, *requests: str) -> list[dict[str, Any]]:
    """Give the lines of a function's log from the first to the last of some requests, once all of them are there.

    The embedded AWS takes up a line that it has not waited for with the environment's next request. So all is there
    that was written before the line of another request.
    """

    def look() -> list[dict[str, Any]] | None:
        ask(Question("/no/such/path"))
        events = deployed.deployment.logs.filter_log_events(logGroupName=group)["events"]
        written = [json.loads(e["message"]) for e in events if not e["message"].startswith(PLATFORM)]
        found = [place for place, line in enumerate(written) if line.get("request_id") in requests]
        others = [place for place, line in enumerate(written) if line.get("message") == "request"]
        if {written[place]["request_id"] for place in found} != {*requests} or others[-1] <= found[-1]:
            return None
        return written[found[0] : next(place for place in others if place > found[-1])]

    group = deployed.deployment.ids[FUNCTIONS[function]]
    return waited_for(look, _WITHIN) or []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_request_is_one_line_and_its_metrics(
    deployed: Stack, upstream: UpstreamClient, functions: dict[str, Ask], function: str
) -> None:
    """Whole, and in no other line's place: nothing wraps it."""
    upstream.rules({"open-meteo": {"fail": "status", "status": 503}})
    reply = functions[function](Question("/trip/Lisbon", "token=hunter2"))
    upstream.reset()
    line, *more = lines(deployed, functions[function], function, reply.headers["x-request-id"])
    assert (line["level"], line["logger"], line["message"]) == ("WARN", "fanin", "request")
    assert (line["method"], line["endpoint"], line["status"]) == ("GET", "trip", 200)
    assert line["complete"] is False
    assert line["sources"]["geo"]["state"] == "fresh"
    assert line["sources"]["weather"]["state"] == "source-unavailable"
    assert "hunter2" not in json.dumps([line, *more])
    metrics = [each for each in more if "_aws" in each]
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
