"""`make smoke` against the embedded AWS, which is a deployment like any other."""

import pytest

from fanin.local.process.console import Console, Problem
from fanin.local.smoke import cases, run
from fanin.local.stack.stack import Stack
from fanin.local.upstream.client import UpstreamClient


def test_a_sound_deployment_keeps_every_case(
    deployed: Stack, upstream: UpstreamClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """In every execution model: each endpoint's example, HEAD, a wrong method, values out of bounds."""
    upstream.reset()
    assert run.run(deployed.url, Console()) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    for prefix in ("/", *run.PREFIXES[1:]):
        assert f"  right  {prefix:14} /forecast/{{city}} refuses a wrong value of days" in said
        assert f"  right  {prefix:14} /trip/{{city}} answers its example" in said
    assert "not there" not in said
    assert "not asked" not in said


def test_a_deployment_that_breaks_a_promise_is_shown_where(
    deployed: Stack, upstream: UpstreamClient, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.rules({"open-meteo-geocoding": {"fail": "status", "status": 503}})
    assert run.run(deployed.url, Console()) == 1
    said = capsys.readouterr().out
    assert "WRONG  /sync          /trip/{city} answers its example" in said
    assert "GET /sync/trip/Lisbon: the status is 502" in said
    assert "source-unavailable" in said
    upstream.reset()


def test_no_deployment_is_a_problem() -> None:
    with pytest.raises(Problem, match="does not answer"):
        run.run("http://127.0.0.1:9", Console())


def test_what_writes_and_what_lacks_an_example_is_not_asked_and_named() -> None:
    """An example of a POST would be written."""
    needed = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    of_endpoints = {"tags": ["endpoints"], "parameters": [needed]}
    document = {"paths": {"/orders": {"post": {"tags": ["endpoints"]}}, "/orders/{id}": {"get": of_endpoints}}}
    assert cases.unasked(document) == ["POST /orders", "GET /orders/{id}"]
    assert {case.question.target[:13] for case in cases.of_every_model(document)} == {"/no-such-path"}
