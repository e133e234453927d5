"""What the front door has seen of requests is what the console shows, once a function has let its reader in."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fanin.local.process import ports
from fanin.local.stack import front_door
from fanin.local.stack.seen import Seen
from fanin.observability.redact import redactor
from tests.console import scene

HEADERS = {
    "fanin-sources": "geo=fresh;attempts=1, rates=fresh;age=9;attempts=0, air=source-timeout;attempts=2, gift=skipped",
    "server-timing": "geo;dur=120.5, air;dur=1000",
    "fanin-complete": "?0",
    "x-request-id": "r1",
}
PLAN = json.dumps({"endpoints": [{"name": "trip", "path": "/trip/{city}"}, {"name": "top", "path": "/"}], "more": []})


def told(seen: Seen, path: str, body: str = "{}") -> Any:
    return json.loads(seen.told(f"/console/{path}", body.encode()))


def test_a_request_is_told_by_the_headers_of_its_answer() -> None:
    seen = Seen(redactor())
    assert told(seen, "plan", PLAN)["more"] == ["recent", "sources"]
    seen.add("GET", "/sync/trip/10.0.0.7", 200, 1.2, HEADERS)
    (request,) = told(seen, "recent")["requests"]
    assert (request["path"], request["id"], request["complete"]) == ("/sync/trip/***", "r1", False)
    assert request["endpoints"] == ["trip"]
    (result,) = request["results"]
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
        seen.add("GET", f"/{number}", 404, 0.0, {})
    requests = told(seen, "recent")["requests"]
    assert (len(requests), requests[0]["path"], requests[0]["results"]) == (100, "/100", [])


@pytest.fixture
def url() -> Iterator[str]:
    """The front door before a gateway."""
    with scene.console() as (behind, _):
        at = ports.take(0)
        with front_door.serve(at, behind):
            yield f"http://127.0.0.1:{at.getsockname()[1]}"


def test_the_door_tells_what_came_through_it(url: str) -> None:
    httpx.get(f"{url}/products/7?token=secret")
    answer = httpx.get(f"{url}/console/recent")
    (request,) = answer.json()["requests"]
    assert (request["method"], request["path"], request["status"]) == ("GET", "/products/7", 200)
    assert request["results"][0]["critical"] == []  # the door knows of no chain; the gateway behind it does
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "delivery" in {each["name"] for each in httpx.get(f"{url}/console/sources").json()["sources"]}
    assert httpx.get(f"{url}/console/plan").json()["more"] == ["recent", "sources"]


def test_where_the_function_tells_nothing_the_door_tells_nothing() -> None:
    with scene.console(FANIN_CONSOLE="off") as (behind, _):
        at = ports.take(0)
        with front_door.serve(at, behind):
            url = f"http://127.0.0.1:{at.getsockname()[1]}"
            httpx.get(f"{url}/products/7")
            answers = [httpx.get(f"{url}/console/{path}") for path in ("recent", "sources", "plan")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert all("products" not in answer.text for answer in answers)
