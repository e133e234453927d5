"""What the console keeps of requests: the last of them, bounded, and without what logs may not show."""

import asyncio
import logging
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fanin.engine.call import Runtime
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.execution import concurrent
from fanin.engine.invocation import Invocation
from fanin.engine.plan import Plan
from fanin.entrypoints.console.last import MAX_REQUESTS
from fanin.entrypoints.console.recent import Recent, requests_told
from fanin.entrypoints.servers.recorded import Recorded
from fanin.local.process import served_line
from fanin.local.process.served_line import Drawn
from fanin.local.upstream.scripted import ScriptedUpstreams
from fanin.observability import logs
from fanin.observability.kept_lines import kept_lines
from fanin.observability.redact import redactor
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from fanin.testing import fake_clock
from tests.console import scene
from tests.stack.waiting import waited_for
from tests.unit.piped import Api
from tests.unit.scenario import config_of, fails, gives, scenario

_WITHIN = 30.0
"""Seconds within which what is told behind an answer is there."""


@pytest.fixture
def world() -> Iterator[tuple[str, ScriptedUpstreams]]:
    with scene.console() as served:
        yield served


def _invocation(number: int = 0) -> Invocation:
    world = scenario(scene.TWO, a=gives({"id": 1}, 0.1), b=fails(after=0.2))
    return Invocation(f"r{number}", 10.0, results=[world.run()])


def _requests(recent: Recent, since: int = 0) -> Any:
    told: Any = recent.told_requests(since)
    return told["requests"]


def _result(recent: Recent, request: str) -> Any:
    told: Any = recent.told_request(request)
    (result,) = told["results"]
    return result


def _recent() -> Recent:
    return Recent({}, redactor())


def test_the_last_requests_are_kept_the_last_first() -> None:
    recent = _recent()
    for number in range(MAX_REQUESTS + 5):
        recent.add(_invocation(number), "GET", "/e", 200, 0.3)
    requests = _requests(recent)
    assert [request["id"] for request in requests[:2]] == ["r104", "r103"]
    assert len(requests) == MAX_REQUESTS
    assert requests[0]["complete"] is False
    assert requests[0]["sources"] == ["a", "b"]
    assert _result(recent, "r104")["outcomes"]["b"]["state"] == "source-unavailable"
    assert _result(recent, "r104")["spans"]["b"]["started"] == 100.0
    assert recent.told_request("r0") == {"results": [], "lines": []}


def test_a_page_reads_each_request_once() -> None:
    """By the number of the last that it has read; another process's numbers are none."""
    recent = _recent()
    for number in range(3):
        recent.add(_invocation(number), "GET", "/e", 200, 0.3)
    told: Any = recent.told_requests()
    assert (told["since"], [request["id"] for request in told["requests"]]) == (0, ["r2", "r1", "r0"])
    assert recent.told_requests(told["last"]) == {"since": told["last"], "last": told["last"], "requests": []}
    recent.add(_invocation(3), "GET", "/e", 200, 0.3)
    assert [request["id"] for request in _requests(recent, told["last"])] == ["r3"]
    for unknown in (told["last"] + 100, 7):
        assert len(_requests(recent, unknown)) == 4


@pytest.mark.parametrize("since", ["", "x", "-1", "1e3", "9" * 100, "²"])
def test_what_is_no_number_asks_for_all(since: str) -> None:
    recent = _recent()
    recent.add(_invocation(), "GET", "/e", 200, 0.3)
    told: Any = requests_told(recent, {"since": since})
    assert (told["since"], len(told["requests"])) == (0, 1)


def test_what_was_logged_of_a_request_is_told_with_it() -> None:
    logs.configure(logging.INFO, redactor())
    recent = Recent({}, redactor(), lines=kept_lines())
    for request in ("r0", "r1"):
        logs.about(request_id=request)
        logging.getLogger("shop").warning("of %s, password=hunter2", request)
    recent.add(_invocation(0), "GET", "/e", 200, 0.3)
    told: Any = requests_told(recent, {"id": "r0"})
    (line,) = told["lines"]
    assert "of r0" in line
    assert "hunter2" not in line


def test_sources_are_counted_with_their_times_and_failures() -> None:
    recent = _recent()
    for number in range(20):
        recent.add(_invocation(number), "GET", "/e", 200, 0.3)
    told: Any = recent.told_sources()
    a, b = told["sources"]
    assert (a["name"], a["calls"], a["median_ms"], a["p95_ms"], a["failures"]) == ("a", 20, 100.0, 100.0, {})
    assert (b["name"], b["calls"], b["median_ms"], b["failures"]) == ("b", 20, 200.0, {"source-unavailable": 20})


_GUARDED = """
[upstreams.shop]
url = "https://shop.example"
circuit_breaker = { open = "30s", minimum_calls = 2, failure_rate = 0.5 }
rate_limit = { calls = 1, per = "1s" }
[sources.a]
upstream = "shop"
url = "/a"
[sources.b]
upstream = "shop"
url = "/b"
[endpoints.e]
path = "/e"
sources = ["a", "b"]
timeout = "20s"
"""


def test_breakers_and_limits_are_told_of_all_sources_that_share_them() -> None:
    config, api = config_of(_GUARDED), Api(fails())
    shared = Shared(Runtime(clock=fake_clock.now, now=fake_clock.now))
    pipelines = pipelines_of(config.sources, dict.fromkeys(config.sources, api.fetch), shared)
    recent = Recent({"e": Plan.of(config.endpoints["e"], config.sources)}, redactor())

    async def ask() -> None:
        catalogue, invocation = Catalogue(config, fake_clock.now), Invocation("r", 20.0)
        begun = catalogue.begin("e", ClientRequest({}, checked=True), None, invocation, timeout=20.0)
        invocation.results.append(await concurrent.run(begun, pipelines))
        recent.add(invocation, "GET", "/e", 502, 0.3)

    fake_clock.run(ask())
    told: Any = recent.told_sources()
    a, b = told["sources"]
    assert a["breaker"] == b["breaker"]
    assert a["breaker"]["state"] == "open"
    assert re.fullmatch(r"\d\d:\d\d:\d\d", a["breaker"]["since"])
    assert "30s" in a["breaker"]["settings"].replace(" ", "")
    assert a["limit"] == b["limit"]
    assert a["limit"]["waits"] == 1


def test_a_source_without_a_breaker_or_a_limit_has_none() -> None:
    recent = _recent()
    recent.add(_invocation(), "GET", "/e", 200, 0.3)
    told: Any = recent.told_sources()
    assert {(source["breaker"], source["limit"]) for source in told["sources"]} == {(None, None)}
    assert _requests(recent)[0]["endpoints"] == ["e"]


def test_paths_are_kept_as_logs_have_them() -> None:
    recent = _recent()
    recent.add(_invocation(), "GET", "/at/10.0.0.7/db.corp", 200, 0.1)
    (request,) = _requests(recent)
    assert request["path"] == "/at/***/***"


def test_what_is_served_is_told_but_what_the_console_reads_is_not(world: tuple[str, ScriptedUpstreams]) -> None:
    url, _ = world
    httpx.get(f"{url}/products/7?token=secret")
    httpx.post(f"{url}/console/run", json={"endpoint": "product", "path": {"id": "7"}})
    httpx.get(f"{url}/console/plan")

    def told() -> Any:
        """Give the requests once both are there: they are told of behind their answers."""
        requests = httpx.get(f"{url}/console/recent").json()["requests"]
        return requests if len(requests) > 1 else None

    requests = waited_for(told, _WITHIN)
    assert [(request["method"], request["path"], request["by_page"]) for request in requests] == [
        ("GET", "/products/7", True),
        ("GET", "/products/7", False),
    ]
    opened = httpx.get(f"{url}/console/recent", params={"id": requests[1]["id"]}).json()
    assert opened["results"][0]["critical"][0] == "product"
    sources = {source["name"]: source for source in httpx.get(f"{url}/console/sources").json()["sources"]}
    assert sources["rates"]["hits"] == 1
    assert sources["product"]["calls"] == 2
    assert not {"gift", "total"} & sources.keys()  # one was not needed, one is made of others
    assert opened["results"][0]["outcomes"]["total"]["made"]


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ({"endpoint": "product", "path": {"id": "7"}}, ("GET", "/products/7", 502, True)),
        ({"endpoint": "product", "path": {"id": "7 a/ü"}}, ("GET", "/products/7%20a%2F%C3%BC", 422, True)),
        ({"endpoint": "product"}, ("GET", "/products/", 422, True)),
        ({"endpoint": "nowhere"}, ("POST", "/console/run", 404, False)),
    ],
    ids=["failed", "refused", "without its path", "no endpoint"],
)
def test_what_the_page_has_made_is_listed_as_the_endpoints_own(
    world: tuple[str, ScriptedUpstreams], asked: dict[str, Any], listed: tuple[str, str, int, bool]
) -> None:
    """With the status of the answer, where that of the page's own is 200 whatever comes after it."""
    url, upstreams = world
    upstreams.play({"GET /products/{id}": scene.DOWN})
    httpx.post(f"{url}/console/run", json=asked)
    requests = waited_for(lambda: httpx.get(f"{url}/console/recent").json()["requests"], _WITHIN)
    (told,) = requests
    assert (told["method"], told["path"], told["status"], told["by_page"]) == listed


async def _failing(_scope: Any, _receive: Any, _send: Any) -> None:
    raise ValueError("a mistake")


async def _cut_off(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise asyncio.CancelledError


@pytest.mark.parametrize(("app", "status"), [(_failing, 500), (_cut_off, 200)])
def test_what_has_failed_or_was_cut_off_is_told_too(app: Any, status: int) -> None:
    told = list[tuple[str, str, int]]()

    async def nowhere(_: Any) -> None: ...

    async def served() -> None:
        scope = {"type": "http", "method": "GET", "path": "/e", "headers": []}
        recorded = Recorded(app, lambda _, method, path, status, __: told.append((method, path, status)))
        with pytest.raises((ValueError, asyncio.CancelledError)):
            await recorded(scope, nowhere, nowhere)

    asyncio.run(served())
    assert told == [("GET", "/e", status)]


def test_a_line_is_printed_for_each_request(
    world: tuple[str, ScriptedUpstreams], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    httpx.get(f"{world[0]}/products/7?token=secret")
    said = list[str]()

    def printed() -> list[str]:
        """Give the line once it is there: it is printed behind the answer."""
        said.extend(capfd.readouterr().out.splitlines())
        return [line for line in said if "/products/7 " in line]

    lines = waited_for(printed, _WITHIN)
    assert len(lines) == 1
    assert re.match(r"  200~ GET /products/7 \d+ ms  product █", lines[0])
    assert "delivery ·" in lines[0]
    assert re.search("total ·+■", lines[0])
    assert "✗" in lines[0]
    assert "secret" not in lines[0]


def test_calls_of_threads_are_drawn_as_attempts_too(world: tuple[str, ScriptedUpstreams]) -> None:
    answer = httpx.get(f"{world[0]}/threads/products/7")
    query = {"id": answer.headers["x-request-id"]}

    def told() -> Any:
        return httpx.get(f"{world[0]}/console/recent", params=query).json()["results"]

    (result,) = waited_for(told, _WITHIN)
    spans = result["spans"]
    for name, came_to in (("product", "value"), ("stock", "source-unavailable")):
        (attempt,) = spans[name]["attempts"]
        assert (attempt["started"], attempt["result"]) == (spans[name]["started"], came_to)
    assert spans["gift"]["attempts"] == []


_CALLS = [
    Drawn("geo", "fresh", 0.0, 0.1, 1),
    Drawn("rates", "fresh", 0.1, 0.0, 0),
    Drawn("air", "source-timeout", 0.1, 0.1, 1),
    Drawn("old", "stale", 0.0, 0.0, 0),
    Drawn("gift", "skipped", 0.0, 0.0, 0),
]


def test_a_line_draws_each_call_on_one_axis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("COLUMNS", raising=False)
    drawn = served_line.line("GET", "/trip/a\x1b[2J", 200, 0.2, _CALLS)
    assert drawn == (
        "  200~ GET /trip/a?[2J 200 ms  geo ████····  rates ····◆···  air ····✗✗✗✗  old ▒·······  gift ········"
    )


def test_an_answer_is_complete_though_an_alternative_of_its_source_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert served_line.line("GET", "/", 200, 0.2, _CALLS, complete=True).startswith("  200  ")
    assert served_line.line("GET", "/", 200, 0.2, _CALLS[:1], complete=False).startswith("  200~ ")


def test_a_line_fits_a_terminal_and_leaves_out_what_matters_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn of them failed or is not the source's own, and then took longest."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "78")
    drawn = served_line.line("GET", "/trip/a", 200, 0.2, _CALLS)
    assert drawn == "  200~ GET /trip/a 200 ms  air ····✗✗✗✗  old ▒·······  and 3 more"
    monkeypatch.setenv("COLUMNS", "120")
    assert "more" not in served_line.line("GET", "/trip/a", 200, 0.2, _CALLS)
    monkeypatch.setenv("COLUMNS", "10")
    assert served_line.line("GET", "/trip/a", 200, 0.2, _CALLS) == "  200~ GET /trip/a 200 ms  and 5 more"


def test_of_many_sources_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("COLUMNS", raising=False)
    calls = [Drawn(f"s{number}", "fresh", 0.0, number / 1000, 1) for number in range(50)]
    drawn = served_line.line("GET", "/many", 200, 0.2, calls)
    assert drawn.endswith("and 38 more")
    assert [name for name in drawn.split() if name.startswith("s")] == [f"s{number}" for number in range(38, 50)]


def test_a_line_has_colours_only_where_a_terminal_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert served_line.line("GET", "/", 500, 0.1, []) == "  \033[31m500 \033[0m GET / 100 ms"
    monkeypatch.delenv("FORCE_COLOR")
    assert served_line.line("GET", "/", 500, 0.1, []) == "  500  GET / 100 ms"


def test_a_line_can_be_made_of_the_headers_of_an_answer() -> None:
    headers = {
        "fanin-sources": "geo=fresh;age=0;attempts=1, rates=fresh;age=9;attempts=0, air=source-timeout;attempts=2",
        "server-timing": "geo;dur=120.5, air;dur=nan",
    }
    assert list(served_line.calls_in(headers)) == [
        Drawn("geo", "fresh", 0.0, 0.1205, 1),
        Drawn("rates", "fresh", 0.0, 0.0, 0),
        Drawn("air", "source-timeout", 0.0, 0.0, 1),
    ]
    assert list(served_line.calls_in({})) == []
