"""Each promise, where it stands, and the tests that keep it: one that is reworded or loses its tests fails here."""

import ast
import re
from pathlib import Path

import pytest

from fanin.local.layout import ROOT

STORES, CACHE, VAULT = "tests/stores/test_faults.py", "tests/unit/test_shared_cache.py", "tests/secrets/test_vault.py"
OUTAGES, LIVE = "tests/websocket/test_outages.py", "tests/websocket/test_service.py"
JOBS, RUNS = "tests/silence/test_jobs.py", "tests/jobs/test_run.py"
COLD = "tests/silence/test_cold_start.py::test_the_first_clients_have_their_answers_and_the_table_is_left_alone"
KEYS, KEPT = "tests/callers/jwt/test_keys.py", "tests/callers/keys/test_kept.py"
COUNTS, TROUBLE = "tests/unit/test_client_limit.py", "tests/slow/test_databases_in_trouble.py"

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
    ("docs/caching.md", "| the first request, which opens a connection | 500 ms"): [COLD],
    ("docs/writes.md", "They look into the table every two seconds while it is asked for"): [
        "tests/unit/test_invalidates.py::test_none_answers_for_long_with_what_another_made_invalid",
    ],
    ("docs/writes.md", "or while it does not answer, other environments answer with it until it is no longer fresh"): [
        "tests/unit/test_invalidates.py::test_while_the_store_is_down_an_answer_holds_until_it_is_stale",
    ],
    ("docs/caching.md", "After a failure, fanin leaves the table out for 10 s."): [
        COLD,
        "tests/stores/test_aws_faults.py::test_a_fault_is_its_error_and_behind_a_breaker_it_is_met_once",
        "tests/stores/test_breaker.py::*",
    ],
    ("docs/caching.md", "It also does so if the queue does not take the task"): [
        f"{CACHE}::test_a_refresh_that_nobody_takes_over_runs_alongside",
    ],
    ("README.md", "A source that is too slow costs its `timeout` and its part of the answer."): [
        "tests/unit/test_timeout.py::*",
        "tests/contract/test_in_process.py::*",
    ],
    ("docs/callers.md", "If the issuer is down or slow, fanin goes on with the keys that it has, for a day."): [
        f"{KEYS}::test_while_the_issuer_is_down_old_keys_are_used_for_a_day_and_it_is_asked_at_a_bounded_rate",
        f"{KEYS}::test_whether_a_key_is_unknown_cannot_be_said_while_the_issuer_is_down",
        f"{KEYS}::test_what_is_no_answer_of_the_issuer_gives_no_keys_and_the_log_says_why",
    ],
    ("docs/callers.md", "the issuer cannot be asked, and no keys are known | 503"): [
        f"{KEYS}::test_without_any_keys_requests_are_told_when_to_come_again_and_the_issuer_is_left_alone_until_then",
    ],
    ("docs/callers.md", "If keys cannot be had, a warning in the log says why."): [
        f"{KEYS}::test_what_is_no_answer_of_the_issuer_gives_no_keys_and_the_log_says_why",
    ],
    ("docs/callers.md", "the place of the keys does not answer | 503 `callers-unavailable`"): [
        f"{KEPT}::test_an_unknown_key_is_unavailable_while_the_place_does_not_answer",
        f"{KEPT}::test_a_silent_place_is_asked_once_in_a_second_and_the_log_has_one_line",
        "tests/callers/keys/test_models.py::test_a_table_that_is_not_there_is_503",
    ],
    ("docs/callers.md", "a key that this environment has seen goes on being accepted for 10 minutes"): [
        f"{KEPT}::test_a_record_that_is_known_holds_ten_minutes_through_a_failure",
        f"{KEPT}::test_ten_minutes_are_over_also_in_the_pause_between_two_reads",
    ],
    ("docs/reference.md", "If fanin cannot find out who asks, the answer is `callers-unavailable` (503)"): [
        f"{KEYS}::test_without_any_keys_requests_are_told_when_to_come_again_and_the_issuer_is_left_alone_until_then",
        "tests/callers/keys/test_identify.py::test_if_nobody_can_say_who_asks_the_client_may_ask_again",
        "tests/callers/tickets/test_tickets.py::test_a_table_that_does_not_answer_lets_nobody_in",
    ],
    ("docs/reference.md", "or while it does not answer within 50 ms, each environment holds clients to the limit"): [
        f"{COUNTS}::test_without_the_store_each_environment_holds_clients_by_itself",
        "tests/stores/test_client_counts.py::test_table_that_does_not_answer_is_not_waited_for_in_threads",
        "tests/abuse/test_client_limit.py::test_while_the_table_fails_every_function_holds_the_client_by_itself",
        COLD,
    ],
    ("docs/abuse.md", "have the table break down | each environment holds it to the limit by its own count"): [
        f"{COUNTS}::test_without_the_store_each_environment_holds_clients_by_itself",
    ],
    ("docs/reference.md", "If the table does not answer or does not exist, only each environment's own line counts."): [
        "tests/unit/test_rate_limit.py::test_while_the_store_is_down_each_environment_has_its_own_limit",
        COLD,
    ],
    ("docs/reference.md", "fanin goes on without the table for 10 s"): ["tests/stores/test_breaker.py::*", COLD],
    ("docs/reference.md", "One that fails is left alone for 10 s, and what happens then is not traced."): [
        "tests/unit/test_otlp.py::test_a_collector_that_is_down_is_left_alone_for_a_while",
    ],
    ("docs/databases.md", "no connection, a broken one, a server that starts, ends or has no connection left"): [
        f"{TROUBLE}::test_a_server_that_is_gone_is_unavailable_and_back_without_a_deploy",
        f"{TROUBLE}::test_a_server_that_ends_during_a_statement_is_unavailable",
        f"{TROUBLE}::test_a_server_without_connections_left_is_unavailable",
        f"{TROUBLE}::test_a_server_that_does_not_accept_is_a_timeout_in_time",
    ],
    ("docs/databases.md", "`retry` makes another attempt after a lost connection, a serialisation failure"): [
        f"{TROUBLE}::test_another_attempt_is_made_after_a_lost_connection",
        "tests/databases/test_failures.py::test_a_code_means_one_kind_of_failure",
    ],
    ("docs/jobs.md", "If the answer is not 2xx, or takes over 15 s, fanin sends the callback again."): [
        "tests/jobs/test_callback.py::test_a_receiver_that_fails_is_asked_again_with_growing_delays",
        "tests/jobs/test_callback.py::test_a_receiver_that_never_takes_it_is_given_up",
    ],
    ("docs/policies.md", "makes a second attempt beside the slow one"): ["tests/unit/test_hedge.py::*"],
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

TROUBLES = re.compile(
    r"(?:does|do) not (?:answer|take the task)|\b(?:is|are) (?:down|too slow|slow|throttled|unreachable)\b"
    r"|\bcannot (?:be asked|be had|find out)|break down|hangs\b|secrets throttles|no connection left"
)
"""The words by which a sentence tells of something that fanin needs and does not get."""
TOLD = {
    ("docs/index.md", "When sources are slow, down or strict"): "a title",
    ("docs/policies.md", "When sources are slow, down or strict"): "a title",
    ("docs/policies.md", "an attempt hangs"): "said of `attempt_timeout`",
    ("docs/policies.md", "one in a hundred answers is slow"): "said of `hedge`",
    ("docs/policies.md", "it is down"): "said of `circuit_breaker`",
    ("docs/reference.md", "With `fanin check --database`"): "the tool's, for whoever sits before it",
    ("docs/reference.md", "if it hangs, it uses the endpoint's whole time"): "a warning's",
    ("docs/reference.md", "`make run` and `make serve` do not answer for the `Host`"): "about clients",
    ("docs/reference.md", "The table or the queue of subscriptions does not answer; a round"): "said of websocket.md",
    ("docs/reference.md", "attempts of a look-up that the store of secrets throttles"): "said above",
    ("docs/scale.md", "for each request that the cache does not answer"): "a price",
    ("docs/runbook.md", ""): "what people do about it",
    ("docs/scale.md", "each environment learns by itself that a source is down"): "what a breaker remembers, and where",
    ("docs/scale.md", "`cache` only where a source is slow or dear"): "an advice",
    ("docs/streams.md", "One that fails, is slow or runs out of time has no part in the others."): "of slots",
    ("docs/testing.md", ""): "of fakes",
}
"""Sentences that have these words and promise nothing, each with why; all of a document with an empty text."""


@pytest.mark.parametrize(("document", "sentence"), TOLD, ids=[f"{document}: {said}" for document, said in TOLD])
def test_what_promises_nothing_still_stands_in_its_document(document: str, sentence: str) -> None:
    assert sentence in " ".join((ROOT / document).read_text(encoding="utf-8").split())


@pytest.mark.parametrize(("document", "sentence"), PROMISES, ids=[sentence for _, sentence in PROMISES])
def test_a_promise_stands_in_its_document_and_is_tested(document: str, sentence: str) -> None:
    text = " ".join((ROOT / document).read_text(encoding="utf-8").split())
    assert sentence in text
    for test in PROMISES[document, sentence]:
        file, _, name = test.partition("::")
        assert names_in(ROOT / file) & ({name} if name != "*" else names_in(ROOT / file)), test


def documents() -> list[str]:
    """Name the documents that users read."""
    return ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", documents())
def test_every_sentence_about_what_fanin_does_not_get_is_a_promise_that_is_tested(document: str) -> None:
    """Or it says nothing of what happens then."""
    known = [sentence for place, sentence in (*PROMISES, *TOLD) if place == document]
    forgotten = [said for said in sentences(document) if TROUBLES.search(said) and not any(s in said for s in known)]
    assert forgotten == [], "name its tests in PROMISES, or say in TOLD why it promises nothing"


def sentences(document: str) -> list[str]:
    """Cut a document into sentences and rows of tables, without its code."""
    text = re.sub(r"```.*?```", "", (ROOT / document).read_text(encoding="utf-8"), flags=re.DOTALL)
    parts = re.split(r"\n\s*\n|\n(?=\||- |#|\d+\. )", text)
    return [said for part in parts for said in re.split(r"(?<=[.:])\s+(?=[A-Z`\[*])", " ".join(part.split()))]


def names_in(file: Path) -> set[str]:
    """Name the tests of a file."""
    tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    functions = (node.name for node in tree if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {name for name in functions if name.startswith("test_")}
