"""What of the functions' logs is shown on the console."""

import json

import pytest

from fanin.local.stack.function_logs import rendered


@pytest.mark.parametrize(
    "line",
    ["START RequestId: 1 Version: $LATEST", "END RequestId: 1", json.dumps({"level": "INFO", "message": "request"})],
)
def test_ordinary_work_is_not_shown(line: str) -> None:
    assert rendered(line) == ""


def test_a_warning_is_shown_with_its_details() -> None:
    line = json.dumps({"timestamp": "2026-01-01", "level": "WARNING", "message": "request", "status": 502})
    assert rendered(line) == "WARNING request status=502"


def test_a_request_is_shown_with_what_failed_in_it() -> None:
    failed = {"state": "source-timeout", "attempts": 2, "duration_ms": 800.3, "reason": "TimeoutError"}
    good = {"state": "fresh", "attempts": 1, "duration_ms": 12.0}
    line = {"level": "WARN", "message": "request", "status": 200, "sources": {"geo": good, "air": failed}}
    shown = "WARN request status=200\n    air: source-timeout after 800.3 ms, attempts=2: TimeoutError"
    assert rendered(json.dumps(line)) == shown


def test_metrics_are_not_shown() -> None:
    assert rendered(json.dumps({"_aws": {}, "Latency": 1})) == ""


def test_an_error_is_shown_with_its_stack() -> None:
    line = json.dumps({"level": "ERROR", "message": "internal error", "stackTrace": "Traceback:\n  here"})
    assert rendered(line) == "ERROR internal error\nTraceback:\n  here"


def test_what_is_not_a_log_line_is_shown_as_it_is() -> None:
    assert rendered("print(1)") == "print(1)"
    assert rendered("[1, 2]") == "[1, 2]"
