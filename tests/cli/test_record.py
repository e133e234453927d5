"""`fanin record`: what APIs answered is what fakes answer from then on, and no secret stands in it."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fanin.local.upstream import fakes
from fanin.local.upstream.recorded import Exchange, recording
from fanin.local.upstream.script import Broken, Gives, Script
from fanin.local.upstream.scripted import ScriptedUpstreams
from fanin.testing import App
from tests.cli.conftest import Ran, Run

SECRET = "sk_live_31337_and_more"
FILE = """fanin = 1
[variables]
shop = "https://shop.example/v1"

[upstreams.shop]
url = "{$shop}"
auth = { query = { name = "key", value = "{!shop_key}" } }

[sources.items]
upstream = "shop"
url = "/items?tag={tag}"
pages = { next = "links.next.url", max = 3 }

[sources.reserve]
upstream = "shop"
method = "POST"
url = "/reservations"
body = { sku = "{tag}", "all" = true }

[sources.table]
url = "{$shop}/table"
format = "csv"

[endpoints.page]
path = "/page/{tag}"
method = "POST"
sources = ["items", "reserve", "table"]
"""
PLAYED: Script = {
    "GET /items": [
        Gives([{"id": 1, "text": "a {brace} and '''", "none": None}], headers={"Link": "</items?page=2>; rel=next"}),
        Gives([{"id": 2, "key": SECRET, "link": "ORIGIN/items/2"}]),
    ],
    "POST /reservations": Gives({"id": "r-1"}, 201, {"X-Noise": "1", "Set-Cookie": "session=1"}),
    "GET /table": Gives(b"a,b\n1,2\n", headers={"Content-Type": "text/csv"}),
}


@pytest.fixture
def shop() -> Iterator[ScriptedUpstreams]:
    upstreams = ScriptedUpstreams(["shop"])
    with upstreams.running():
        yield upstreams


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (written := tmp_path / "fanin.toml").write_text(FILE)
    return written


def _around(shop: ScriptedUpstreams) -> dict[str, str]:
    return {**shop.variables, "FANIN_ALLOW": "127.0.0.0/8:*", "FANIN_SECRET_SHOP_KEY": SECRET}


def _record(run: Run, shop: ScriptedUpstreams, file: Path, *arguments: str) -> Ran:
    return run("record", "page", "tag=tea", *arguments, "--file", str(file), **_around(shop))


def test_fakes_and_tests_answer_what_was_recorded(run: Run, shop: ScriptedUpstreams, file: Path) -> None:
    shop.play(PLAYED)
    real = run("call", "page", "tag=tea", "--file", str(file), **_around(shop))
    shop.play(PLAYED)
    ran = _record(run, shop, file)
    assert ran.code == 0, ran.messages
    written = (target := file.with_name("upstream.toml")).read_text()
    assert SECRET not in written
    assert "cookie" not in written.lower()
    assert "X-Noise".lower() not in written.lower()
    with fakes.serving(target) as running:
        faked, again = (run("call", "page", "tag=tea", "--file", str(file), **running.environment) for _ in range(2))
    expected = json.loads(real.output.replace(SECRET, "recorded"))
    assert (faked.code, faked.json, again.json) == (0, expected, expected)
    app = App(file, upstreams=target)
    for _ in range(2):
        reply = app.post("/page/tea", {})
        assert (reply.complete, reply.body) == (True, expected)


def test_what_stands_there_stays(run: Run, shop: ScriptedUpstreams, file: Path) -> None:
    own = '# mine\ndelay = "1ms"\n[shop."GET /table"]\ntext = "a\\n"\n'
    (target := file.with_name("upstream.toml")).write_text(own)
    shop.play(PLAYED)
    ran = _record(run, shop, file)
    assert target.read_text().startswith(own)
    assert f"kept shop GET /table, which {target} has already" in ran.messages.replace("\n", "")
    again = target.read_text()
    shop.play(PLAYED)
    _record(run, shop, file)
    assert target.read_text() == again


def test_a_file_that_is_no_toml_is_left_alone(run: Run, shop: ScriptedUpstreams, file: Path) -> None:
    (target := file.with_name("upstream.toml")).write_text("[[[")
    shop.play(PLAYED)
    assert _record(run, shop, file).code == 2
    assert target.read_text() == "[[["


def test_an_api_that_fails_is_told_and_the_others_are_recorded(run: Run, shop: ScriptedUpstreams, file: Path) -> None:
    shop.play({**PLAYED, "GET /table": Broken()})
    ran = _record(run, shop, file)
    assert ran.code == 0
    assert "table has no value: table closed the connection before its answer was whole" in ran.messages
    assert "POST /reservations?key=recorded" in tomllib.loads(file.with_name("upstream.toml").read_text())["shop"]


def test_an_address_that_is_refused_is_told_with_how_it_is_allowed(
    run: Run, shop: ScriptedUpstreams, file: Path
) -> None:
    """As `fanin call` does: an API of one's own on this machine is where many begin."""
    ran = run("record", "page", "tag=tea", "--file", str(file), **_around(shop) | {"FANIN_ALLOW": ""})
    assert ran.code == 1
    assert "If that address is meant, allow it: --allow 127.0.0.0/8:8000" in ran.messages


def test_an_api_that_no_variable_leads_to_is_named(run: Run, shop: ScriptedUpstreams, tmp_path: Path) -> None:
    shop.play({"GET /x": Gives(1)})
    url = shop.base_url("shop")
    (file := tmp_path / "fanin.toml").write_text(
        f'fanin = 1\n[sources.x]\nurl = "{url}/x"\n[endpoints.page]\npath = "/page/{{tag}}"\nsources = ["x"]\n'
    )
    ran = _record(run, shop, file)
    assert ran.code == 1
    assert f"x: no fake can stand in for {url}" in ran.messages.replace("\n", " ")
    assert not file.with_name("upstream.toml").exists()


def _exchange(content: bytes, kind: str = "application/json", **more: Any) -> Exchange:
    said = {"method": "GET", "url": "https://a.example/x", "sent": None, "status": 200, "headers": {}} | more
    return Exchange("a", content=content, **(said | {"headers": {"content-type": kind, **said["headers"]}}))


def _recorded(*exchanges: Exchange, there: Mapping[str, object] | None = None) -> Any:
    return recording(exchanges, {"a": "https://a.example"}, there or {}, "", lambda text: text)


@pytest.mark.parametrize(
    "value",
    [None, {}, [], "", "'''", "{}", "{{x}}", "{origin}", "\r\n\x7f\x00\U0001f600", {"{k}": ["{v}", None]}, 1.5, 10**19],
)
def test_json_of_any_kind_comes_back(value: Any, tmp_path: Path) -> None:
    (target := tmp_path / "upstream.toml").write_text(_recorded(_exchange(json.dumps(value).encode())).text)
    (tmp_path / "fanin.toml").write_text(
        'fanin = 1\n[variables]\na = "https://a.example"\n[sources.a]\nurl = "{$a}/x"\nmissing = "null"\n'
        '[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
    )
    assert App(tmp_path / "fanin.toml", upstreams=target).get("/e").body == {"a": json.loads(json.dumps(value))}


def test_what_is_long_or_no_text_is_in_a_file() -> None:
    made = _recorded(
        _exchange(b"x" * 30_000, "text/plain"), _exchange(b"\xff\x00", "image/png", url="https://a.example/y")
    )
    assert sorted(map(len, made.files.values())) == [2, 30_000]
    assert made.text.count("file = ") == 2


def test_equal_requests_are_answered_in_turn_and_writes_by_what_they_hold() -> None:
    posts = [_exchange(b"1", sent={"sku": sku}, method="POST") for sku in ("tea", "jam")]
    posts[1] = Exchange(**{**vars(posts[1]), "content": b"2"})
    table = tomllib.loads(_recorded(*posts, _exchange(b"3")).text)["a"]
    assert [each["when"] for each in table["POST /x"]] == [{"sku": "tea"}, {"sku": "jam"}]
    assert table["GET /x"]["json"].strip() == "3"
    hedged = tomllib.loads(_recorded(_exchange(b"3"), _exchange(b"3")).text)["a"]["GET /x"]
    assert isinstance(hedged, dict)


def test_a_test_is_answered_by_the_fields_of_a_form(tmp_path: Path) -> None:
    """As fakes answer under `make run`."""
    (target := tmp_path / "upstream.toml").write_text(
        '[[a."POST /pay"]]\nwhen = { card = "bad" }\nbody = "no"\n[[a."POST /pay"]]\nbody = "yes"\n'
    )
    (tmp_path / "fanin.toml").write_text(
        'fanin = 1\n[variables]\na = "https://a.example"\n[sources.a]\nurl = "{$a}/pay"\nmethod = "POST"\n'
        'form = { card = "{card}" }\n[endpoints.e]\nmethod = "POST"\npath = "/e/{card}"\nsources = ["a"]\n'
    )
    app = App(tmp_path / "fanin.toml", upstreams=target)
    assert [app.post(f"/e/{card}").body for card in ("bad", "good")] == [{"a": "no"}, {"a": "yes"}]
