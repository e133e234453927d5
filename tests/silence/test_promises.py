"""Each promise, where it stands, and the tests that keep it: one that is reworded or loses its tests fails here."""

import ast
from pathlib import Path

import pytest

from fanin.local.layout import ROOT

STORES, CACHE, VAULT = "tests/stores/test_faults.py", "tests/unit/test_shared_cache.py", "tests/secrets/test_vault.py"
OUTAGES, LIVE = "tests/websocket/test_outages.py", "tests/websocket/test_service.py"
JOBS, RUNS = "tests/silence/test_jobs.py", "tests/jobs/test_run.py"

PROMISES: dict[tuple[str, str], list[str]] = {
    ("README.md", "If the store is down or slow, fanin works without it."): [
        f"{STORES}::test_a_faulty_store_is_as_none_and_is_asked_once",
        f"{STORES}::test_a_store_that_is_gone_is_as_none",
    ],
    ("README.md", "a stale answer while it is refreshed or the source is down"): [
        f"{CACHE}::test_while_the_source_is_down_it_is_asked_once_in_ten_seconds_however_many_environments_there_are",
    ],
    ("docs/caching.md", "If the table is down, slow or throttled, fanin works without it."): [
        f"{CACHE}::test_a_store_that_is_down_is_no_store",
        f"{CACHE}::test_putting_an_answer_takes_no_longer_than_the_call_may",
        f"{CACHE}::test_who_dies_with_the_lease_costs_the_others_a_bounded_wait",
        "tests/silence/test_requests.py::test_an_outage_in_the_middle_of_a_request_costs_it_a_glance_at_most",
        "tests/silence/test_requests.py::test_a_refresh_whose_table_fails_is_done_with_and_the_next_one_keeps_the_answer",
    ],
    ("docs/caching.md", "After a failure, fanin leaves the table out for 10 s."): [
        "tests/stores/test_aws_faults.py::test_a_fault_is_its_error_and_behind_a_breaker_it_is_met_once",
        "tests/stores/test_breaker.py::*",
    ],
    ("docs/caching.md", "It also does so if the queue does not take the task"): [
        f"{CACHE}::test_a_refresh_that_nobody_takes_over_runs_alongside",
    ],
    ("docs/policies.md", "answers `circuit-open` at once, and makes no calls until the source is well again"): [
        "tests/unit/test_circuit_breaker.py::test_it_opens_where_too_many_of_the_recent_calls_failed",
    ],
    ("docs/policies.md", "ends it, so that another has time"): ["tests/unit/test_attempt_timeout.py::*"],
    ("docs/reference.md", "A look-up has 2 s, and at most half of the time that"): [
        f"{VAULT}::test_a_look_up_has_two_seconds_and_half_of_what_is_left",
    ],
    ("docs/reference.md", "If it fails, fanin uses the old value for another 10 s."): [
        f"{VAULT}::test_a_value_from_before_is_used_while_the_store_fails",
        f"{VAULT}::test_a_refusal_while_the_store_is_down_keeps_the_value",
        f"{VAULT}::test_an_answer_that_cannot_be_read_is_no_answer",
    ],
    ("docs/reference.md", "and fanin looks for it again after 10 s."): [
        f"{VAULT}::test_a_secret_that_is_not_there_is_named_and_asked_for_again_after_a_pause",
        f"{VAULT}::test_without_a_value_from_before_the_failure_is_told_without_the_next_waiting_for_it_too",
    ],
    ("docs/reference.md", "attempts of a look-up that the store of secrets throttles"): [
        f"{VAULT}::test_a_store_that_wants_to_be_asked_later_is_asked_again_within_the_look_up",
        f"{VAULT}::test_a_store_that_stays_throttled_is_asked_so_often_and_fails_the_call",
    ],
    ("docs/reference.md", "The store of jobs does not answer."): [
        "tests/jobs/test_http.py::*",
        f"{JOBS}::test_a_job_that_cannot_be_recorded_is_not_accepted_and_its_key_is_good_afterwards",
    ],
    ("docs/jobs.md", "If a run sends no sign of life for 60 s, another follows within two more minutes."): [
        f"{RUNS}::*",
        f"{JOBS}::test_a_job_outlives_a_store_a_bucket_or_a_queue_that_fails",
    ],
    ("docs/jobs.md", "has the function look each minute for jobs with a lost message"): [
        f"{RUNS}::test_a_job_whose_message_was_never_sent_is_found",
        f"{JOBS}::test_a_job_whose_queue_is_down_is_accepted_and_found",
    ],
    ("docs/websocket.md", "it is tried again every 5 s, and the next comes within a period once they answer"): [
        f"{LIVE}::test_a_round_whose_table_is_down_is_tried_again_within_a_period_and_says_so",
        f"{OUTAGES}::test_after_an_outage_of_8_seconds_the_next_round_comes_within_a_period",
        f"{OUTAGES}::test_a_subscription_outlives_a_queue_that_is_down_for_longer_than_an_invocation",
    ],
    ("docs/websocket.md", "The table or the queue of subscriptions does not answer."): [
        f"{LIVE}::test_a_subscription_that_cannot_be_kept_is_refused_by_its_name",
        f"{LIVE}::test_without_its_table_a_subscription_still_has_its_round",
    ],
}
"""A document and a sentence of it; the tests, `*` for all of a file."""


@pytest.mark.parametrize(("document", "sentence"), PROMISES, ids=[sentence for _, sentence in PROMISES])
def test_a_promise_stands_in_its_document_and_is_tested(document: str, sentence: str) -> None:
    text = " ".join((ROOT / document).read_text(encoding="utf-8").split())
    assert sentence in text
    for test in PROMISES[document, sentence]:
        file, _, name = test.partition("::")
        assert names_in(ROOT / file) & ({name} if name != "*" else names_in(ROOT / file)), test


def names_in(file: Path) -> set[str]:
    """Name the tests of a file."""
    tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    functions = (node.name for node in tree if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {name for name in functions if name.startswith("test_")}
