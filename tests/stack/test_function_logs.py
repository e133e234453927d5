"""What of the functions' logs is shown on the console."""

import json

import pytest

from dev.function_logs import rendered


@pytest.mark.parametrize(
    "line",
    ["START RequestId: 1 Version: $LATEST", "END RequestId: 1", json.dumps({"level": "INFO", "message": "request"})],
)
def test_ordinary_work_is_not_shown(line: str) -> None:
    assert rendered(line) == ""


def test_a_warning_is_shown_with_its_details() -> None:
    line = json.dumps({"timestamp": "2026-01-01", "level": "WARNING", "message": "request", "status": 502})
    assert rendered(line) == "WARNING request status=502"


def test_an_error_is_shown_with_its_stack() -> None:
    line = json.dumps({"level": "ERROR", "message": "internal error", "stackTrace": "Traceback:\n  here"})
    assert rendered(line) == "ERROR internal error\nTraceback:\n  here"


def test_what_is_not_a_log_line_is_shown_as_it_is() -> None:
    assert rendered("print(1)") == "print(1)"
    assert rendered("[1, 2]") == "[1, 2]"
