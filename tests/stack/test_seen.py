"""What the front door has seen of requests is what the console shows, once a function has let its reader in."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fanin.local.process import ports
from fanin.local.stack import front_door
from fanin.local.stack.seen import Answered, Seen
from fanin.observability.redact import redactor
from tests.console import scene
from tests.unit.scenario import config_of

HEADERS = {
    "fanin-sources": "geo=fresh;attempts=1, rates=fresh;age=9;attempts=0, air=source-timeout;attempts=2, gift=skipped",
    "server-timing": "geo;dur=120.5, air;dur=1000",
    "fanin-complete": "?0",
    "x-request-id": "r1",
}
PLAN = json.dumps({"endpoints": [{"name": "trip"}], "more": []})
_PAIR = """
[upstreams.shop]
url = "https://shop.example"
circuit_breaker = { open = "30s", minimum_calls = 2, failure_rate = 0.5 }
rate_limit = { calls = 1, per = "1s" }
[sources.a]
upstream = "shop"
url = "/a"
[sources.b]
upstream = "shop"
url = "/b/{a.id}"
[endpoints.trip]
path = "/trip/{city}"
sources = ["a", "b"]
"""


def seen_over(configuration: str) -> Seen:
    seen = Seen(redactor())
    seen.configure(config_of(configuration))
    return seen


def told(seen: Seen, path: str, body: str = "{}", **query: str) -> Any:
    return json.loads(seen.told(f"/console/{path}", query, body.encode()))


def test_a_request_is_told_by_the_headers_of_its_answer() -> None:
    seen = seen_over(_PAIR)
    assert told(seen, "plan", PLAN)["more"] == ["recent", "sources"]
    seen.add(Answered("GET", "/sync/trip/10.0.0.7", 200, 1.2), HEADERS, None)
    (request,) = told(seen, "recent")["requests"]
    assert (request["path"], request["id"], request["complete"]) == ("/sync/trip/***", "r1", False)
    assert request["endpoints"] == ["trip"]
    (result,) = told(seen, "recent", id="r1")["results"]
    assert result["spans"]["geo"]["ended"] == 120.5
    assert {name: of["failed"] for name, of in result["outcomes"].items()} == {
        "geo": False,
        "rates": False,
        "air": True,
        "gift": False,
    }
    sources = {each.pop("name"): each for each in told(seen, "sources")["sources"]}
    assert sources["air"]["failures"] == {"source-timeout": 1}
    assert (sources["rates"]["calls"], sources["rates"]["hits"], sources["geo"]["median_ms"]) == (0, 1, 120.5)
    assert "gift" not in sources


def test_the_last_hundred_are_kept() -> None:
    seen = Seen()
    for number in range(101):
        seen.add(Answered("GET", f"/{number}", 404, 0.0), {}, None)
    requests = told(seen, "recent")["requests"]
    assert (len(requests), requests[0]["path"], requests[0]["sources"]) == (100, "/100", [])


def _traced(**events: str) -> dict[str, Any]:
    """Give a trace as a function tells it: b begins when a has ended, and of each what a policy did."""
    spans = {
        name: {"ready": at, "started": at, "ended": at + 100.0, "attempts": [], "events": []}
        for name, at in (("a", 0.0), ("b", 100.0))
    }
    for name, did in events.items():
        policy, _, done = did.partition(" ")
        spans[name]["events"] = [{"at": 1.0, "policy": policy, "did": done}]
    outcomes = {name: {"state": "fresh", "attempts": 1, "failed": False} for name in spans}
    result = {"duration_ms": 200.0, "complete": True, "critical": [], "spans": spans, "outcomes": outcomes}
    return {"id": "r1", "endpoints": ["trip"], "results": [result], "lines": ['{"message":"request"}']}


def test_a_function_tells_when_calls_began_and_what_was_logged() -> None:
    seen = seen_over(_PAIR)
    calls, complete = seen.add(Answered("GET", "/trip/Faro", 200, 0.2), {**HEADERS, "fanin-complete": "?1"}, _traced())
    assert complete
    assert [(call.name, call.began, call.seconds) for call in calls] == [("a", 0.0, 0.1), ("b", 0.1, 0.1)]
    (request,) = told(seen, "recent")["requests"]
    assert (request["endpoints"], request["sources"]) == (["trip"], ["a", "b"])
    opened = told(seen, "recent", id="r1")
    assert opened["results"][0]["spans"]["b"]["started"] == 100.0
    assert opened["results"][0]["critical"] == ["a", "b"]
    assert opened["lines"] == ['{"message":"request"}']
    assert told(seen, "recent", id="r2") == {"results": [], "lines": []}


@pytest.mark.parametrize(("status", "shown"), [(502, 502), (None, 422)], ids=["answered", "refused"])
def test_what_the_page_has_made_is_listed_as_the_endpoints_own(status: int | None, shown: int) -> None:
    seen, trace = seen_over(_PAIR), _traced() | {"by_page": {"method": "GET", "path": "/trip/Faro", "status": status}}
    asked = Answered("POST", "/console/run", 200 if status else 422, 0.2)
    seen.add(asked.as_made(trace), HEADERS, trace)
    seen.add(asked.as_made(None), HEADERS, None)
    unknown, request = told(seen, "recent")["requests"]
    assert (request["method"], request["path"], request["status"], request["by_page"]) == (
        "GET",
        "/trip/Faro",
        shown,
        True,
    )
    assert (unknown["method"], unknown["path"], unknown["by_page"]) == ("POST", "/console/run", False)
    assert told(seen, "recent", id="r1")["results"]


def test_a_page_reads_each_request_once() -> None:
    seen = Seen()
    seen.add(Answered("GET", "/0", 404, 0.0), {}, None)
    last = told(seen, "recent")["last"]
    seen.add(Answered("GET", "/1", 404, 0.0), {}, None)
    assert [request["path"] for request in told(seen, "recent", since=str(last))["requests"]] == ["/1"]


def test_of_a_model_in_which_calls_wait_for_each_other_no_chain_is_told() -> None:
    seen = seen_over(_PAIR)
    seen.add(Answered("GET", "/sync/trip/Faro", 200, 0.2), HEADERS, _traced())
    assert told(seen, "recent", id="r1")["results"][0]["critical"] == []


def test_breakers_and_limits_are_told_of_all_sources_that_share_them() -> None:
    seen = seen_over(_PAIR)
    for event in ("circuit_breaker 50 % failed: now open", "rate_limit waits 900 ms for its turn"):
        seen.add(Answered("GET", "/trip/Faro", 200, 0.2), HEADERS, _traced(a=event))
    a, b = told(seen, "sources")["sources"]
    assert a["breaker"] == b["breaker"]
    assert (a["breaker"]["state"], a["limit"]["waits"], b["limit"]["waits"]) == ("open", 1, 1)
    seen.configure(config_of(_PAIR))  # functions have started anew
    assert told(seen, "sources")["sources"][0]["breaker"]["state"] == "closed"


@pytest.fixture
def url() -> Iterator[str]:
    """The front door before a gateway."""
    with scene.console() as (behind, _):
        at = ports.take(0)
        with front_door.serve(at, front_door.Targets(behind)):
            yield f"http://127.0.0.1:{at.getsockname()[1]}"


def test_the_door_tells_what_came_through_it(url: str) -> None:
    httpx.get(f"{url}/products/7?token=secret")
    answer = httpx.get(f"{url}/console/recent")
    (request,) = answer.json()["requests"]
    assert (request["method"], request["path"], request["status"]) == ("GET", "/products/7", 200)
    opened = httpx.get(f"{url}/console/recent", params={"id": request["id"]}).json()
    assert opened["results"][0]["critical"] == []  # the door knows of no chain; the gateway behind it does
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "delivery" in {each["name"] for each in httpx.get(f"{url}/console/sources").json()["sources"]}
    assert httpx.get(f"{url}/console/plan").json()["more"] == ["recent", "sources"]


def test_the_door_tells_the_file_as_it_is_saved_where_a_function_has_a_copy() -> None:
    saved: dict[str, Any] = {"file": "saved.toml", "lines": [], "findings": []}
    with scene.console() as (behind, _):
        at = ports.take(0)
        with front_door.serve(at, front_door.Targets(behind, configuration=lambda: saved)):
            answer = httpx.get(f"http://127.0.0.1:{at.getsockname()[1]}/console/configuration")
    assert answer.json() == saved
    assert answer.headers["content-type"] == "application/json"


def test_where_the_function_tells_nothing_the_door_tells_nothing() -> None:
    with scene.console(FANIN_CONSOLE="off") as (behind, _):
        at = ports.take(0)
        with front_door.serve(at, front_door.Targets(behind, configuration=lambda: "products")):
            url = f"http://127.0.0.1:{at.getsockname()[1]}"
            httpx.get(f"{url}/products/7")
            answers = [httpx.get(f"{url}/console/{path}") for path in ("recent", "sources", "plan", "configuration")]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]
    assert all("products" not in answer.text for answer in answers)
