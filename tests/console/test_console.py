"""What the console reads: plans, requests as they run, and fanin.toml; and whom it tells."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from fanin.compose.gateway import gateway
from fanin.config.finding import ConfigError
from fanin.local.layout import ROOT
from fanin.local.upstream.scripted import ScriptedUpstreams
from tests.console import scene
from tests.websocket.server import serving

_MAX_PAGE = 80_000
"""Bytes."""
_RUN = {"endpoint": "product", "path": {"id": "7"}}


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[str, ScriptedUpstreams]]:
    with scene.console() as served:
        yield served


@pytest.fixture
def url(world: tuple[str, ScriptedUpstreams]) -> str:
    """The gateway's address; what the shop answers begins anew."""
    address, upstreams = world
    upstreams.play(scene.SCRIPT)
    return address


def _told(url: str, asked: dict[str, Any], **headers: str) -> list[dict[str, Any]]:
    with httpx.stream("POST", f"{url}/console/run", json=asked, headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"] == "application/x-ndjson"
        return [json.loads(line) for line in response.iter_lines()]


def test_the_page_is_small_and_its_policy_permits_only_itself(url: str) -> None:
    reply = httpx.get(f"{url}/console")
    assert reply.status_code == 200
    assert len(reply.content) < _MAX_PAGE
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "part:" not in reply.text
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert dangerous not in reply.text


def test_the_root_leads_to_it(url: str) -> None:
    reply = httpx.get(url)
    assert reply.headers["location"] == "console"
    assert httpx.get(url, follow_redirects=True).url.path == "/console"


def test_the_plan_says_what_waits_for_what(url: str) -> None:
    told = httpx.get(f"{url}/console/plan").json()
    (product, _) = told["endpoints"]
    needs = {source["name"]: source["needs"] for source in product["sources"]}
    assert needs["delivery"] == ["stock"]
    assert needs["product"] == []
    assert told["more"] == ["recent", "sources"]


def test_the_plan_of_a_hundred_endpoints_with_sixty_sources_can_be_told(tmp_path: Path) -> None:
    """An answer has a bound, also under a server."""
    listed = [f"s{number}" for number in range(60)]
    sources = "".join(f'[sources.{name}]\nurl = "{{$shop}}/{name}"\n' for name in listed)
    endpoints = "".join(f'[endpoints.e{n}]\npath = "/e{n}"\nsources = {listed}\n' for n in range(100))
    file = tmp_path / "fanin.toml"
    file.write_text(f'fanin = 1\n[variables]\nshop = "https://shop.example"\n{sources}{endpoints}')
    with scene.console(FANIN_CONFIG=str(file)) as (url, _):
        told = httpx.get(f"{url}/console/plan").json()
    assert [len(endpoint["sources"]) for endpoint in told["endpoints"]] == [60] * 100


def test_a_run_tells_each_source_when_it_arrives_and_the_whole_trace_at_the_end(url: str) -> None:
    *records, answer = _told(url, _RUN)
    arrived = [record["source"] for record in records if record["type"] == "source"]
    assert arrived.index("product") < arrived.index("stock") < arrived.index("delivery")
    assert answer["type"] == "answer"
    assert answer["status"] == 200
    assert not answer["complete"]
    assert answer["critical"] == ["product", "stock", "delivery"]
    spans, outcomes = answer["spans"], answer["outcomes"]
    assert [attempt["result"] for attempt in spans["stock"]["attempts"]] == ["source-unavailable", "value"]
    assert spans["stock"]["events"][0]["policy"] == "retry"
    assert [attempt["result"] for attempt in spans["price"]["attempts"]] == ["cancelled", "value"]
    assert spans["price"]["events"][0]["policy"] == "hedge"
    assert [item["index"] for item in spans["reviews"]["items"]] == [0, 1, 2, 3, 4]
    states = {name: outcome["state"] for name, outcome in outcomes.items()}
    assert states["advert"] == "fallback"
    assert states["reviews"] == "partial"
    assert states["gift"] == "skipped"
    assert states["delivery"] == "source-unavailable"
    assert outcomes["delivery"]["failed"]
    assert json.loads(answer["body"])["price"] == {"amount": 1250}


def test_traces_come_while_sources_are_under_way(url: str) -> None:
    """A page that only heard of the end could draw nothing grow."""
    records = _told(url, _RUN)
    under_way = [
        name
        for record in records
        if record["type"] == "trace"
        for name, span in record["spans"].items()
        if span["started"] is not None and span["ended"] is None
    ]
    assert {"product", "stock", "price"} <= set(under_way)


def test_what_the_cache_has_is_told_without_an_attempt(url: str) -> None:
    _told(url, _RUN)
    answer = _told(url, _RUN)[-1]
    assert answer["spans"]["rates"]["attempts"] == []
    assert answer["outcomes"]["rates"]["attempts"] == 0
    assert answer["outcomes"]["seller"]["state"] == "stale"


def test_a_body_is_checked_as_the_endpoint_says(url: str) -> None:
    asked = {"endpoint": "search", "headers": {"Content-Type": "application/json"}, "body": '{"words": ""}'}
    refused = httpx.post(f"{url}/console/run", json=asked)
    assert refused.status_code == 422
    assert "/words" in refused.json()["input"]
    assert _told(url, {**asked, "body": '{"words": "harp"}'})[-1]["status"] == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"endpoint": "product", "path": {"id": "x"}}, 422),
        ({"endpoint": "nothing"}, 404),
        ({"endpoint": "product", "more": 1}, 422),
        ({"endpoint": "product", "query": [["a", "b" * 9000]]}, 414),
        ({"endpoint": "product", "headers": {"a": "b" * 11_000}}, 431),
    ],
)
def test_a_run_that_cannot_be_is_refused(url: str, asked: dict[str, Any], status: int) -> None:
    assert httpx.post(f"{url}/console/run", json=asked).status_code == status


def test_no_other_page_can_have_a_run_made(url: str) -> None:
    """Browsers send a form, or a text, without asking first."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        reply = httpx.post(f"{url}/console/run", content=json.dumps(_RUN), headers={"Content-Type": kind})
        assert reply.status_code == 415


def test_the_configuration_has_the_findings_at_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(scene.CONFIGURATION.read_text())
    with scene.console(FANIN_CONFIG=str(file)) as (url, _):
        file.write_text(file.read_text().replace("[sources.gift]", "[sources.gift]\ntiemout = '1s'"))
        told = httpx.get(f"{url}/console/configuration").json()
    (finding,) = told["findings"]
    assert finding["severity"] == "error"
    assert told["lines"][finding["line"] - 1] == "tiemout = '1s'"
    assert finding["fix"] == "Write 'timeout'"


def test_the_configuration_hides_what_logs_may_not_show(tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    secret = "# password = hunter2hunter2\n# https://10.1.2.3/ and db.corp\n"
    file.write_text(secret + scene.CONFIGURATION.read_text())
    with scene.console(FANIN_CONFIG=str(file)) as (url, _):
        shown = httpx.get(f"{url}/console/configuration").text + httpx.get(f"{url}/console/plan").text
    for hidden in ("hunter2", "10.1.2.3", "db.corp", "127.0.0.1"):
        assert hidden not in shown


@contextmanager
def _guarded(tmp_path: Path, console: str) -> Iterator[str]:
    file = tmp_path / "fanin.toml"
    file.write_text(scene.CONFIGURATION.read_text() + '\n[callers.staff]\nauthorizer = { header = "X-Staff" }\n')
    with scene.console(FANIN_CONFIG=str(file), FANIN_CONSOLE=console) as (url, _):
        yield url


def test_only_callers_that_are_admitted_see_more_than_the_page(tmp_path: Path) -> None:
    with _guarded(tmp_path, "staff") as url:
        assert httpx.get(f"{url}/console").status_code == 200
        for path in ("plan", "configuration"):
            assert httpx.get(f"{url}/console/{path}").status_code == 401
        assert httpx.post(f"{url}/console/run", json=_RUN).status_code == 401


@pytest.mark.parametrize("given", ["", "off"])
def test_there_is_none_unless_it_is_switched_on(given: str) -> None:
    with serving(gateway(ROOT, {"FANIN_CONSOLE": given})) as at:
        for path in ("", "console", "console/plan", "console/configuration"):
            assert httpx.get(f"http://{at}/{path}").status_code == 404


def test_callers_that_are_not_there_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="'stuff' is neither on nor off"):
        gateway(ROOT, {"FANIN_CONSOLE": "stuff"})


def test_a_gateway_without_one_imports_nothing_of_it() -> None:
    script = (
        "import sys; from pathlib import Path; from fanin.compose.gateway import gateway\n"
        "late = ('fanin.entrypoints.console', 'fanin.entrypoints.fastapi.console', 'fanin.entrypoints.fastapi.pages')\n"
        "gateway(Path('.'), {})\n"
        "assert not [name for name in sys.modules if name.startswith(late)]\n"
        "gateway(Path('.'), {'FANIN_CONSOLE': 'on'})\n"
        "assert [name for name in sys.modules if name.startswith(late)]\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
