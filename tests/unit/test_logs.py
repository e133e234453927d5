"""fanin.observability.logs: every record as one line of JSON, with nothing in it that must be hidden."""

import asyncio
import io
import json
import logging
import warnings
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.observability import logs
from fanin.observability.redact import HIDDEN, redactor

SECRET = "hunter2"
logger = logging.getLogger("fanin.test")


@pytest.fixture
def stream() -> io.StringIO:
    """Have all loggers write into a text, as in a function."""
    lines = io.StringIO()
    configure(lines)
    return lines


def configure(stream: io.StringIO) -> None:
    """Have all loggers write into a text, and nowhere else."""
    logs.configure(logging.INFO, redactor(lambda text: text.replace(SECRET, HIDDEN)), stream)


def written(stream: io.StringIO) -> list[dict[str, Any]]:
    """Read the lines."""
    assert SECRET not in stream.getvalue()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_line_under_lambdas_names(stream: io.StringIO) -> None:
    """With what was given as extra beside them."""
    logger.warning("two\nlines of %s", "text", extra={"status": 502, "sources": {"geo": {"attempts": 1}}})
    (line,) = written(stream)
    at = datetime.fromisoformat(line.pop("timestamp"))
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    assert line == {
        "level": "WARN",
        "logger": "fanin.test",
        "message": "two\nlines of text",
        "status": 502,
        "sources": {"geo": {"attempts": 1}},
    }


@pytest.mark.parametrize("moment", [0.0, 0.9996, 951_782_399.999, 951_782_400.0, 1_795_773_661.25, 4_102_444_799.5])
def test_a_timestamp_is_the_moment_to_the_millisecond(moment: float) -> None:
    """On leap days, and before and behind midnight."""
    told = datetime.fromisoformat(logs.timestamp(moment)).timestamp()
    assert 0 <= moment - told < 0.001


def test_it_takes_the_place_of_what_was_set_up_before(stream: io.StringIO) -> None:
    """As Lambda's runtime does: a line comes once."""
    before = io.StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(before))
    configure(stream)
    logger.error("once")
    assert len(written(stream)) == 1
    assert before.getvalue() == ""


def test_what_is_below_the_level_is_not_written(stream: io.StringIO) -> None:
    """Of any logger."""
    logger.debug("no")
    logging.getLogger("httpcore.http11").debug("neither")
    assert written(stream) == []


def test_an_exception_comes_with_its_whole_traceback_and_no_secret(stream: io.StringIO) -> None:
    """Causes included."""
    error = RuntimeError(f"Authorization: Bearer {SECRET}")
    error.__cause__ = ValueError(f"at 10.0.0.5 with {SECRET}")
    try:
        raise error
    except RuntimeError:
        logger.exception("internal error")
    (line,) = written(stream)
    assert (line["level"], line["errorType"], line["errorMessage"]) == ("ERROR", "RuntimeError", "Authorization: ***")
    assert "ValueError: at *** with ***" in line["stackTrace"]
    assert "test_logs.py" in line["stackTrace"]


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        {"a": [{"b": (SECRET,)}]},
        {SECRET: 1},
        [[[[[[[[[[SECRET]]]]]]]]]],
        SECRET.encode(),
        {SECRET},
        ValueError(SECRET),
        {"password": "x", "n": 2**70, "s": SECRET},
        {"surrogate": f"\ud800{SECRET}"},
    ],
    ids=repr,
)
def test_a_secret_is_hidden_wherever_a_record_holds_it(stream: io.StringIO, value: object) -> None:
    """In the message, its arguments and what was given as extra, at any depth, in any type."""
    logger.info("%s", value, extra={"more": value})
    logger.info(value)
    lines = written(stream)
    assert len(lines) == 2
    assert HIDDEN in json.dumps(lines[0]["more"])


def test_what_is_named_like_a_credential_is_hidden_whatever_it_is(stream: io.StringIO) -> None:
    """As the values of headers are."""
    logger.info("sent", extra={"headers": {"Authorization": "abc", "X-Api-Key": "def", "Accept": "*/*"}})
    (line,) = written(stream)
    assert line["headers"] == {"Authorization": HIDDEN, "X-Api-Key": HIDDEN, "Accept": "*/*"}


@pytest.mark.parametrize(
    "fields",
    [
        {"status": 200, "path": "/trip/Lisbon", "sources": {"geo": {"state": "fresh", "attempts": 1}}, "none": None},
        {"path": f"/{SECRET}"},
        {"a": {SECRET: {"b": [SECRET, 1]}}},
        {"token": "x", "headers": {"cookie": "y"}},
        {"path": "/" + "x" * 4 * logs.MAX_TEXT},
        {"level": "of the sea", "request_id": "another"},
        {"n": 2**70, "s": f"\ud800{SECRET}"},
    ],
    ids=str,
)
def test_a_line_without_a_record_is_the_line_of_the_record(fields: dict[str, Any]) -> None:
    """Whatever has to be hidden or cut in it; and what every line has is no field's to change."""
    lines = io.StringIO()
    configure(lines)  # without pytest's handlers, for which a record has to be made
    logs.about(request_id="r1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.LogRecord, "__init__", None)
        logs.write(logger, logging.INFO, "request", fields)
    head = {"name": logger.name, "msg": "request", "levelno": logging.INFO}
    logger.handle(logging.makeLogRecord({**head, **fields, "levelname": "INFO"}))
    first, second = (json.loads(line) for line in lines.getvalue().splitlines())
    assert list(first) == list(second)
    assert first | {"timestamp": ""} == second | {"timestamp": ""}
    assert SECRET not in lines.getvalue()


def test_whoever_wants_records_gets_the_requests_too() -> None:
    """A handler of the logger's own, or a filter of it."""
    lines, seen = io.StringIO(), list[logging.LogRecord]()

    def see(record: logging.LogRecord) -> bool:
        seen.append(record)
        return True

    configure(lines)
    logger.addFilter(see)
    try:
        logs.write(logger, logging.INFO, "request", {"status": 200})
    finally:
        logger.filters.clear()
    assert [vars(record)["status"] for record in seen] == [200]
    assert [json.loads(line)["status"] for line in lines.getvalue().splitlines()] == [200]


def test_libraries_and_warnings_come_as_lines_too(stream: io.StringIO) -> None:
    """Redacted likewise."""
    logging.getLogger("urllib3.connectionpool").warning("Retrying: %s", f"/x?api_key={SECRET}")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"password={SECRET}", stacklevel=1)
    assert [line["logger"] for line in written(stream)] == ["urllib3.connectionpool", "py.warnings"]


class Unwritable:
    """Fails to be written, and would tell why."""

    def __str__(self) -> str:
        raise ValueError(SECRET)


def test_a_record_that_cannot_be_written_leaks_nothing(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    """Python prints such records to the error stream as they are."""
    configure(stream)  # without pytest's handlers, which fail for such records
    logger.info("%d of it", SECRET)
    logger.info("value", extra={"value": Unwritable()})
    assert [line["message"] for line in written(stream)] == ["%d of it", "value"]
    stream.close()
    logger.info(SECRET)
    assert SECRET not in capsys.readouterr().err


def test_a_text_is_cut_in_its_middle(stream: io.StringIO) -> None:
    """Its ends say most; and a secret that the cut divides is not seen either."""
    for text in ("a" * 1_000_000 + "z", "b" * (2 * logs.MAX_TEXT - 3) + SECRET + "c" * 1_000_000):
        logger.info(text)
    first, second = written(stream)
    assert len(first["message"]) == logs.MAX_TEXT + 1
    assert (first["message"][0], first["message"][-1]) == ("a", "z")
    assert "hun" not in second["message"]


def test_every_line_of_a_request_names_it(stream: io.StringIO) -> None:
    """Those of tasks and threads that it starts included; fields that are empty are left out."""
    logs.about(request_id="r1", xray_trace_id="")

    async def run() -> None:
        task = asyncio.create_task(say())
        await asyncio.to_thread(logger.info, "thread")
        await task

    async def say() -> None:
        logger.info("task")

    asyncio.run(run())
    logs.about()
    logger.info("after")
    lines = {line["message"]: line for line in written(stream)}
    assert lines["task"]["request_id"] == lines["thread"]["request_id"] == "r1"
    assert "xray_trace_id" not in lines["task"]
    assert "request_id" not in lines["after"]


@pytest.mark.parametrize(
    ("name", "level"),
    [("DEBUG", 10), ("info", 20), ("WARN", 30), ("WARNING", 30), ("ERROR", 40), ("FATAL", 50), ("TRACE", 10)],
)
def test_levels_have_lambdas_names_and_pythons(name: str, level: int) -> None:
    """In any case."""
    assert logs.level_of(name) == level


@pytest.mark.parametrize("name", ["", "LOUD", "NOTSET"])
def test_other_names_are_no_levels(name: str) -> None:
    """And are refused."""
    with pytest.raises(ValueError, match="no level"):
        logs.level_of(name)


@given(
    st.lists(
        st.sampled_from(
            [
                "token:",
                "***",
                "Bearer",
                "abcdefgh12",
                "10.0.0.1",
                "x",
                "password=",
                "hunter2",
                "-----BEGIN PRIVATE KEY-----",
                "-----END",
                "cookie:",
                SECRET,
                "a.internal",
                '"',
            ]
        ),
        max_size=6,
    )
)
def test_texts_that_are_searched_together_hide_what_each_would_hide_alone(texts: list[str]) -> None:
    """A line whose texts stay as they are together is one in which each stays."""
    redact = redactor(lambda text: text.replace(SECRET, HIDDEN))
    record = logging.makeLogRecord({"msg": "seen", "levelname": "INFO", "texts": texts})
    line = json.loads(logs.JsonLines(redact).format(record))
    assert line["texts"] == [redact(text) for text in texts]
