"""`make smoke` against the embedded AWS, which is a deployment like any other."""

import pytest

from fanin.local.process.console import Console, Problem
from fanin.local.stack.stack import Stack
from fanin.local.upstream.client import UpstreamClient
from tests.contract import smoke
from tests.contract.models import MODELS


def test_a_sound_deployment_keeps_every_case(
    deployed: Stack, upstream: UpstreamClient, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.reset()
    assert smoke.run(deployed.url, Console()) == 0
    asked = len(MODELS) * len(list(smoke.cases()))
    said = capsys.readouterr().out
    assert said.count("  right  ") == asked
    assert f"{asked} of {asked} cases keep the contract." in said


def test_a_deployment_that_breaks_the_contract_is_shown_where(
    deployed: Stack, upstream: UpstreamClient, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream.rules({"open-meteo-geocoding": {"fail": "status", "status": 503}})
    assert smoke.run(deployed.url, Console()) == 1
    said = capsys.readouterr().out
    assert "WRONG  gateway      a complete answer has every listed source's value" in said
    assert "GET /sync/trip/Lisbon: assert reply.status == 200" in said
    assert "source-unavailable" in said
    upstream.reset()


def test_no_deployment_is_a_problem() -> None:
    with pytest.raises(Problem, match="does not answer"):
        smoke.run("http://127.0.0.1:9", Console())


def test_cases_need_no_control_of_the_upstream() -> None:
    cases = list(smoke.cases())
    assert len(cases) > 15
    assert not any(case.upstream for case in cases)
