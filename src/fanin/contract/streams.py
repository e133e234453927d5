"""An endpoint's answer as a stream of records: as NDJSON, or as server-sent events.

NDJSON is a JSON text on each line. Server-sent events are the WHATWG's
(https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""

from collections.abc import Callable
from functools import lru_cache

import orjson

from fanin.config.record import record
from fanin.config.values import Json
from fanin.contract.answers import Answer
from fanin.contract.headers import Headers
from fanin.contract.records import Record, complete_record, progress_record, source_record, sources_told
from fanin.contract.request_limits import LAST_EVENT
from fanin.engine.outcome import Outcome
from fanin.engine.result import Result

HEARTBEAT = 10.0
"""Seconds without a record after which a stream says that it lives."""

_JSON = "application/json"


_LINE_ENDS = {char.encode(): f"\\u{ord(char):04x}".encode() for char in "\x85\u2028\u2029"}
"""What JSON need not escape, and libraries take for the end of a line: httpx by `iter_lines`, for one."""


def _json(record: Record) -> bytes:
    text = orjson.dumps(record)
    for char, escaped in _LINE_ENDS.items():
        text = text.replace(char, escaped)
    return text


def _line(record: Record) -> bytes:
    return _json(record) + b"\n"


def _event(record: Record) -> bytes:
    ends = f"id: {LAST_EVENT}\n" if record["type"] == "complete" else ""
    return f"event: {record['type']}\n{ends}data: ".encode() + _json(record) + b"\n\n"


@record
class Form:
    """How records are written.

    Args:
        media_type: the stream's.
        written: writes a record.
        heartbeat: says that the stream lives.
    """

    media_type: str
    written: Callable[[Record], bytes]
    heartbeat: bytes


LINES = Form("application/x-ndjson", _line, b'{"type":"heartbeat"}\n')
EVENTS = Form("text/event-stream", _event, b":\n\n")


@lru_cache(maxsize=64)
def asked_for(accept: str) -> Form | None:
    """Give the stream that a client prefers to JSON by its `Accept` (RFC 9110, section 12.5.1); None if it does not.

    A stream has to be named: `*/*` is JSON, and of the same weight JSON comes first.
    """
    weights = _weights(accept)
    json = weights.get(_JSON, weights.get("application/*", weights.get("*/*", 0.0)))
    form = max((LINES, EVENTS), key=lambda form: weights.get(form.media_type, 0.0))
    return form if weights.get(form.media_type, 0.0) > json else None


def wants_events(accept: str) -> bool:
    """Whether a client prefers server-sent events by its `Accept`, as browsers' `EventSource` does."""
    return asked_for(accept) is EVENTS


def _weights(accept: str) -> dict[str, float]:
    """Give the weight of each media range, from 0 to 1; of one that cannot be read, 0."""
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((text.removeprefix("q=") for text in parameters if text.startswith("q=")), "1")
        try:
            weights[kind] = min(1.0, max(0.0, float(weight)))
        except ValueError:
            weights[kind] = 0.0
    return weights


def head(form: Form, request_id: str) -> Headers:
    """Give the headers of a stream."""
    return (
        ("Content-Type", form.media_type),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
        ("Vary", "Accept"),
        ("X-Accel-Buffering", "no"),
        ("X-Request-Id", request_id),
    )


def arrived(source: str, outcome: Outcome[Json], *, picked: bool) -> Record:
    """Make the record of a source that has arrived.

    Args:
        source: its name.
        outcome: what it came to.
        picked: whether the endpoint's `pick` makes the answer, so that clients see states only.
    """
    return progress_record(source, outcome.told_state) if picked else source_record(source, outcome)


def whole_stream(result: Result, request_id: str, form: Form) -> Answer:
    """Answer with all records at once, for ways in that hand on an answer whole.

    Args:
        result: what the request came to.
        request_id: the id under which the request is logged.
        form: how records are written.
    """
    picked, ended = result.goal.pick is not None, {name: result.trace.spans[name].ended for name in result.outcomes}
    in_order = sorted(result.outcomes, key=lambda name: ended[name] or 0.0)
    told = [name for name in in_order if name in result.goal.sources or result.outcomes[name].error]
    records = [arrived(name, result.outcomes[name], picked=picked) for name in told]
    body = b"".join(map(form.written, [*records, last_record(result)]))
    return Answer(result.goal.status, head(form, request_id), body)


def last_record(result: Result) -> Record:
    """Make the record that ends a stream: a stream has no headers to tell of its sources."""
    return complete_record(result) | {"sources": sources_told(result)}


def can_tell(result: Result) -> bool:
    """Whether there is something to be told: without a value the answer is a problem, under its own status.

    What writes is not told piece by piece either, since its status has to come first.
    """
    whole = result.writes or result.goal.passthrough is not None
    return not whole and any(is_value(result.outcomes[name]) for name in result.goal.sources)


def is_value(outcome: Outcome[Json]) -> bool:
    """Whether a source has come to something that a stream can begin with."""
    return outcome.error is None and outcome.state != "skipped"
