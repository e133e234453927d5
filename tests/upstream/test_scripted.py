"""Upstreams that answer by a script."""

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from fanin.config.template import BodyTemplate, HeaderTemplate
from fanin.local.upstream.client import UpstreamClient
from fanin.local.upstream.script import Broken, Gives, Play, Script
from fanin.local.upstream.scripted import ScriptedUpstreams


@pytest.fixture
def delays() -> list[float]:
    """The seconds that answers would have waited."""
    return []


@pytest.fixture
def upstreams(delays: list[float]) -> Iterator[ScriptedUpstreams]:
    with ScriptedUpstreams(["shop", "bank"], wait=delays.append).running() as running:
        yield running


def _taken(script: Script, *lines: str, body: object = None) -> list[object]:
    """What a script answers to requests, one after another."""
    play = Play(script)
    return [given.body if isinstance(given, Gives) else given for given in (play.take(x, body, "") for x in lines)]  # type: ignore[arg-type]


def test_path_and_query_go_before_the_path_and_the_path_before_placeholders() -> None:
    script = {"GET /a/{x}": Gives(3), "GET /a/b": Gives(2), "GET /a/b?c=d": Gives(1)}
    assert _taken(script, "GET /a/b?c=d", "GET /a/b?c=e", "GET /a/b", "GET /a/c", "POST /a/b", "GET /a/b/c") == [
        1,
        2,
        2,
        3,
        None,
        None,
    ]


def test_a_placeholder_is_a_part_of_path_or_query_and_decoded() -> None:
    echo = Gives(BodyTemplate.parse({"id": "{id}", "page": "{page}"}))
    script = {"GET /a/{id}.json?page={page}&size=2": echo}
    assert _taken(script, "GET /a/b%20c.json?page=7&size=2") == [{"id": "b c", "page": 7}]
    assert _taken(script, "GET /a/b.json?page=7", "GET /a/.json?page=7&size=2", "GET /a/b/c.json?page=7&size=2") == [
        None,
        None,
        None,
    ]


def test_of_several_answers_each_is_for_one_request_and_the_last_for_the_rest() -> None:
    assert _taken({"GET /a": [Gives(1), Gives(2)]}, *["GET /a"] * 4) == [1, 2, 2, 2]


def test_an_answer_with_when_is_for_bodies_that_hold_it() -> None:
    script = {"POST /a": [Gives("other"), Gives("tea", when={"line": {"sku": "tea"}})]}
    assert _taken(script, *["POST /a"] * 2, body={"line": {"sku": "tea", "n": 1}, "x": 2}) == ["tea", "tea"]
    assert _taken(script, *["POST /a"] * 2, body={"line": {"sku": "cup"}}) == ["other", "other"]
    assert _taken({"POST /a": Gives("tea", when={"sku": "tea"})}, "POST /a", body=None) == [None]


def test_body_and_headers_repeat_what_the_request_held(upstreams: ScriptedUpstreams) -> None:
    given = Gives(
        BodyTemplate.parse({"sku": "{input.sku}", "n": "{input.n}", "none": "{input.other}"}),
        201,
        {"Location": HeaderTemplate.parse("{origin}/r/{id}")},
    )
    upstreams.play({"bank PUT /r/{id}": given})
    answer = UpstreamClient(upstreams.base_url("bank")).ask("/r/5", "PUT", json.dumps({"sku": "tea", "n": 2}).encode())
    assert (answer.status, answer.json) == (201, {"sku": "tea", "n": 2, "none": None})
    assert answer.headers["location"] == f"{upstreams.base_url('bank')}/r/5"
    assert [(asked.line, asked.json) for asked in upstreams.asked] == [("bank PUT /r/5", {"sku": "tea", "n": 2})]


def test_a_form_is_read_as_its_fields(upstreams: ScriptedUpstreams) -> None:
    upstreams.play({"POST /charges": [Gives("no", 402, when={"amount": "5"}), Gives("yes")]})
    parts = urlsplit(upstreams.base_url("shop"))
    for body, status in {"amount=5&card=a": 402, "amount=6": 200}.items():
        connection = http.client.HTTPConnection(parts.netloc)
        connection.request("POST", "/charges", body, {"Content-Type": "application/x-www-form-urlencoded"})
        assert connection.getresponse().status == status
        connection.close()


def test_an_answer_waits_for_its_delay_and_one_may_be_no_answer(
    upstreams: ScriptedUpstreams, delays: list[float]
) -> None:
    upstreams.play({"GET /slow": Gives(1, delay=9.5), "GET /gone": Broken()})
    shop = UpstreamClient(upstreams.base_url("shop"))
    assert shop.get("/slow") == 1
    with pytest.raises(http.client.RemoteDisconnected):
        shop.ask("/gone")
    assert delays == [9.5]


def test_what_the_script_does_not_have_is_an_error_and_written_down(upstreams: ScriptedUpstreams) -> None:
    upstreams.play({"GET /a": Gives(1)})
    assert UpstreamClient(upstreams.base_url("bank")).ask("/a").status == 500
    assert upstreams.unexpected == ["bank GET /a"]
    upstreams.play({"GET /a": Gives(1)})
    assert upstreams.unexpected == []
