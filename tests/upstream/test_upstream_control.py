"""The control path: rules in, rules out, counts, and a clear no to anything else."""

import json
import time
from typing import Any

import pytest

from fanin.local.upstream.process import Upstream

LISBON = "/open-meteo-geocoding/v1/search?name=Lisbon"
EURO = "/frankfurter/v1/latest"


def test_rules_are_shown_as_they_were_set(upstream: Upstream) -> None:
    rules = {"frankfurter": {"delay": 20}, "*": {"fail": "status", "status": 503, "times": 2}}
    answer = upstream.ask("/_control", "PUT", json.dumps(rules).encode())
    assert (answer.status, answer.json) == (200, rules)
    assert upstream.get("/_control") == rules


def test_new_rules_replace_the_old_ones(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"delay": 20}})
    upstream.rules({"wikipedia": {"delay": 20}})
    assert upstream.get("/_control") == {"wikipedia": {"delay": 20}}


def test_deleting_removes_rules_and_counts(upstream: Upstream) -> None:
    upstream.rules({"*": {"fail": "status", "status": 503}})
    upstream.ask(EURO)
    assert upstream.ask("/_control", "DELETE").status == 204
    assert upstream.get("/_control") == {}
    assert set(upstream.calls().values()) == {0}


def test_calls_are_counted_by_prefix_failed_ones_included(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "status", "status": 500}})
    for path in (LISBON, EURO, EURO, "/frankfurter/nowhere"):
        upstream.ask(path)
    calls = upstream.calls()
    assert {prefix: count for prefix, count in calls.items() if count} == {"open-meteo-geocoding": 1, "frankfurter": 3}
    assert len(calls) == 6


def test_an_api_s_own_rule_goes_before_the_rule_for_every_api(upstream: Upstream) -> None:
    upstream.rules({"*": {"fail": "status", "status": 503}, "frankfurter": {"fail": "status", "status": 429}})
    assert upstream.ask(LISBON).status == 503
    assert upstream.ask(EURO).status == 429


def test_times_counts_down_and_the_rule_goes_with_the_last(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "status", "status": 503, "times": 2}})
    assert upstream.ask(EURO).status == 503
    assert upstream.get("/_control") == {"frankfurter": {"fail": "status", "status": 503, "times": 1}}
    assert [upstream.ask(EURO).status for _ in range(2)] == [503, 200]
    assert upstream.get("/_control") == {}


def test_a_delay_holds_an_answer_back(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"delay": 150}})
    begun = time.monotonic()
    assert upstream.ask(EURO).status == 200
    assert time.monotonic() - begun >= 0.15


def test_a_delay_and_a_failure_go_together(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"delay": 100, "fail": "status", "status": 502}})
    begun = time.monotonic()
    assert upstream.ask(EURO).status == 502
    assert time.monotonic() - begun >= 0.1


def test_the_control_path_has_no_rules(upstream: Upstream) -> None:
    upstream.rules({"*": {"fail": "hang"}})
    assert upstream.get("/_control") == {"*": {"fail": "hang"}}


@pytest.mark.parametrize(
    ("rules", "where"),
    [
        ("[]", "(body)"),
        ("{", "(body)"),
        ({"openmeteo": {"delay": 1}}, "openmeteo"),
        ({"frankfurter": {"dealy": 1}}, "frankfurter.dealy"),
        ({"frankfurter": {}}, "frankfurter"),
        ({"frankfurter": {"delay": -1}}, "frankfurter.delay"),
        ({"frankfurter": {"delay": "100"}}, "frankfurter.delay"),
        ({"frankfurter": {"fail": "explode"}}, "frankfurter.fail"),
        ({"frankfurter": {"fail": "status"}}, "frankfurter"),
        ({"frankfurter": {"fail": "hang", "status": 503}}, "frankfurter"),
        ({"frankfurter": {"fail": "status", "status": 199}}, "frankfurter.status"),
        ({"frankfurter": {"fail": "hang", "times": 0}}, "frankfurter.times"),
        ({"frankfurter": {"fail": "hang", "bytes": 1000}}, "frankfurter"),
    ],
)
def test_a_bad_rule_is_refused_by_name_and_changes_nothing(upstream: Upstream, rules: Any, where: str) -> None:
    upstream.rules({"wikipedia": {"delay": 5}})
    body = rules if isinstance(rules, str) else json.dumps(rules)
    answer = upstream.ask("/_control", "PUT", body.encode())
    assert answer.status == 422
    assert list(answer.json["errors"]) == [where]
    assert upstream.get("/_control") == {"wikipedia": {"delay": 5}}
