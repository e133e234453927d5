"""The file by which functions of this machine tell what happened in their requests."""

import logging
from pathlib import Path
from typing import Any

import pytest

from fanin.compose.observability import configure_logs, watching
from fanin.engine.invocation import PageRequest
from fanin.entrypoints.console import trace_file
from fanin.entrypoints.console.trace_file import TraceReader
from fanin.observability import logs
from fanin.observability.kept_lines import MAX_LINES, kept_lines
from fanin.observability.redact import redactor
from fanin.observability.served import Served
from tests.console import scene
from tests.unit.scenario import fails, gives, scenario


def served(file: Path, request: str, *by_page: PageRequest) -> None:
    """Serve a request as a function does that was told of the file."""
    given = {"FANIN_TRACES": str(file)}
    configure_logs(given, lambda text: text.replace("hunter2", "***"))
    watch = watching(given)
    logs.about(request_id=request)
    logging.getLogger("shop").warning("the door of hunter2 stands open")
    result = scenario(scene.TWO, a=gives({"id": 1}, 0.1), b=fails(after=0.2)).run()
    watch(Served("GET", "/e", 200, 0.3, results=[result], by_page=by_page))


def test_a_function_tells_when_each_call_began_and_what_was_logged(tmp_path: Path) -> None:
    reader = TraceReader(tmp_path / "traces")
    assert reader.take("r1") is None  # nothing is written yet
    served(tmp_path / "traces", "r1")
    told: Any = reader.take("r1")
    (result,) = told["results"]
    assert told["endpoints"] == ["e"]
    assert (result["spans"]["b"]["started"], result["spans"]["b"]["ended"]) == (100.0, 300.0)
    assert result["outcomes"]["b"]["state"] == "source-unavailable"
    warned, request = told["lines"]
    assert "the door of *** stands open" in warned
    assert '"message":"request"' in request
    assert reader.take("r1") is None  # it is taken once


def test_a_function_tells_what_the_page_has_made(tmp_path: Path) -> None:
    """As it ended: the first is the request as it began. Its path is written as logs have it."""
    served(tmp_path / "traces", "r1", PageRequest("GET", "/of/hunter2"), PageRequest("GET", "/of/hunter2", 502))
    told: Any = TraceReader(tmp_path / "traces").take("r1")
    assert told["by_page"] == {"method": "GET", "path": "/of/***", "status": 502}


def test_each_request_gets_its_own_trace_whatever_the_order(tmp_path: Path) -> None:
    reader = TraceReader(tmp_path / "traces")
    for request in ("r1", "r2"):
        served(tmp_path / "traces", request)
    for request in ("r2", "r1"):
        told: Any = reader.take(request)
        assert told["id"] == request
        assert all(f'"request_id":"{request}"' in line for line in told["lines"])


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    file = tmp_path / "traces"
    reader = TraceReader(file)
    file.write_bytes(b'{"id":"r1"}\n{"id":')
    assert reader.take("r1") == {"id": "r1"}
    with file.open("ab") as more:
        more.write(b'"r2"}\n')
    assert reader.take("r2") == {"id": "r2"}


def test_the_file_begins_anew_once_it_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_file, "MAX_FILE", 100)
    file = tmp_path / "traces"
    reader = TraceReader(file)
    for number in range(5):
        served(file, f"r{number}")
        assert reader.take(f"r{number}")
        assert file.stat().st_size == 0


def test_what_nobody_asks_for_is_bounded(tmp_path: Path) -> None:
    file = tmp_path / "traces"
    file.write_text("".join(f'{{"id":"r{number}"}}\n' for number in range(300)))
    reader = TraceReader(file)
    assert reader.take("none") is None
    assert reader.take("r0") is None
    assert reader.take("r299") == {"id": "r299"}


def test_a_file_that_cannot_be_written_spoils_no_request(tmp_path: Path) -> None:
    served(tmp_path / "no" / "folder", "r1")


def test_the_last_lines_are_kept_each_cut() -> None:
    logs.configure(logging.INFO, redactor())
    lines = kept_lines()
    logs.about(request_id="r")
    for number in range(MAX_LINES + 1):
        logging.getLogger("shop").warning("%s %s", number, "x" * (20_000 if number == MAX_LINES else 1))
    kept = lines.of("r")
    assert len(kept) == MAX_LINES
    assert '"message":"1 x"' in kept[0]
    assert len(kept[-1]) < 17_000


def test_without_the_file_nothing_of_it_is_there() -> None:
    configure_logs({})
    watching({})
    assert len(logging.getLogger().handlers) == 1
