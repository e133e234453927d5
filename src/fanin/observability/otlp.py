"""Traces and metrics by OTLP: what was served, told to an OpenTelemetry collector by OpenTelemetry's own SDK.

Names are those of its semantic conventions where these have one.
https://opentelemetry.io/docs/specs/semconv/http/
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import set_span_in_context as within

from fanin.config.values import Json
from fanin.engine.clock import steady
from fanin.engine.outcome import Clock, Outcome, Span
from fanin.engine.trace_context import TraceContext
from fanin.observability.served import Call, Served

NAME = "fanin"
MOST_ITEMS = 128
"""Calls of a list that a trace has spans for."""
PAUSE = 10.0
"""Seconds for which nothing is sent to a collector that did not take what it got."""
TIMEOUT = 1.0
"""Seconds that a collector may take, unless the environment says otherwise."""
METRICS_EVERY = 30.0
"""Seconds between two times that metrics are sent; no more often than requests come."""

_IDS: ContextVar[tuple[int, int]] = ContextVar("ids", default=(0, 0))
"""The ids of the trace and the span that are about to begin; 0 for any."""

type Attributes = dict[str, str | bool | int | float]


class Telemetry:
    """Tells a collector of each request.

    Args:
        resource: what the function says of itself, such as `service.name`.
        at_once: whether spans are sent with each request, as where a process may be frozen after it; else within
            seconds, by a thread.
        timeout: the seconds that a collector may take; None for what the environment says.
        clock: the clock of requests' times.
    """

    def __init__(
        self,
        resource: Mapping[str, str],
        *,
        at_once: bool,
        timeout: float | None = TIMEOUT,
        clock: Clock = steady,
    ) -> None:
        of = Resource.create(dict(resource))
        self._at_once = at_once
        self._clock = clock
        exporter = _Patient(OTLPSpanExporter(timeout=timeout), clock)
        self._spans = BatchSpanProcessor(exporter)
        self._tracers = TracerProvider(resource=of, id_generator=_GivenIds(), shutdown_on_exit=not at_once)
        self._tracers.add_span_processor(self._spans)
        self._tracer = self._tracers.get_tracer(NAME)
        every = float("inf") if at_once else METRICS_EVERY * 1000
        self._reader = PeriodicExportingMetricReader(
            OTLPMetricExporter(timeout=timeout),
            export_interval_millis=every,
        )
        self._meters = MeterProvider([self._reader], of, shutdown_on_exit=not at_once)
        meter = self._meters.get_meter(NAME)
        self._requests = meter.create_histogram("http.server.request.duration", "s", "What requests took")
        self._calls = meter.create_histogram("fanin.source.duration", "s", "What the calls of sources took")
        self._attempts = meter.create_counter("fanin.source.attempts", description="Requests to sources")
        self._partial = meter.create_counter("fanin.partial", description="Partial answers")
        self._waited = meter.create_counter("fanin.waited", "s", "Time in which requests only waited for sources")
        self._told_metrics = clock()
        self._closed = False

    def __call__(self, served: Served) -> None:
        """Tell of a request. A collector that is down costs its time limit, and then nothing for a while."""
        now = self._clock()
        calls = served.calls
        self._count(served, calls)
        self._trace(served, calls, now, time.time_ns() - int(now * 1e9))
        if self._at_once:
            self._spans.force_flush(_milliseconds(TIMEOUT))
            if now - self._told_metrics >= METRICS_EVERY:
                self._told_metrics = now
                self._reader.force_flush(_milliseconds(TIMEOUT))

    def close(self) -> None:
        """Send what is left, and end the threads. A second time does nothing."""
        if self._closed:
            return
        self._closed = True
        self._tracers.shutdown()
        self._meters.shutdown(_milliseconds(TIMEOUT))

    def _count(self, served: Served, calls: Mapping[str, Call]) -> None:
        about = _request_attributes(served)
        self._requests.record(served.seconds, about)
        if served.complete is False and served.status < 400:
            self._partial.add(1, about)
        if waited := served.waited:
            self._waited.add(waited, about)
        for name, (outcome, span) in calls.items():
            said: Attributes = {"fanin.source": name, "fanin.state": outcome.told_state}
            if span.started is not None:
                self._calls.record(span.duration, said)
            self._attempts.add(outcome.attempts, said)

    def _trace(self, served: Served, calls: Mapping[str, Call], now: float, offset: int) -> None:
        """Make a span of the request, of each source, and of each request to it.

        Args:
            served: the request.
            calls: each source's outcome and times.
            now: the end, in the clock's seconds.
            offset: nanoseconds between the clock's 0 and that of 1970.
        """

        def at(seconds: float) -> int:
            return int(seconds * 1e9) + offset

        about = _request_attributes(served) | {"url.path": served.path, "faas.coldstart": served.cold_start}
        if served.complete is not None:
            about["fanin.complete"] = served.complete
        name = f"{served.method or '_OTHER'} {_route(served)}".rstrip()
        # Others were told before, which took a moment: no source began before the request.
        began = min([now - served.seconds, *(result.trace.began for result in served.results)])
        with _ids(served.trace.trace_id if served.trace else ""):
            root = self._tracer.start_span(name, _parent(served.trace), SpanKind.SERVER, about, start_time=at(began))
        if served.status >= 500:
            root.set_status(Status(StatusCode.ERROR))
        if root.is_recording():
            for source, (outcome, span) in calls.items():
                self._source(root, source, outcome, span, at)
        root.end(at(now))

    def _source(
        self, parent: OtelSpan, name: str, outcome: Outcome[Json], span: Span, at: Callable[[float], int]
    ) -> None:
        if span.started is None or span.ended is None:
            return
        state, attempts = outcome.told_state, outcome.attempts
        about: Attributes = {"fanin.source": name, "fanin.state": state, "fanin.attempts": attempts}
        made = self._tracer.start_span(name, within(parent), attributes=about, start_time=at(span.started))
        for event in span.events:
            made.add_event(f"{event.policy}: {event.did}", timestamp=at(event.at))
        if outcome.error:
            made.set_status(Status(StatusCode.ERROR, outcome.error.problem))
        self._requests_of(made, name, span, at)
        for place, item in list((span.items or {}).items())[:MOST_ITEMS]:
            if item.started is not None and item.ended is not None:
                of_item: Attributes = {"fanin.source": name, "fanin.item": place}
                one = self._tracer.start_span(name, within(made), attributes=of_item, start_time=at(item.started))
                self._requests_of(one, name, item, at)
                one.end(at(item.ended))
        made.end(at(span.ended))

    def _requests_of(self, parent: OtelSpan, name: str, span: Span, at: Callable[[float], int]) -> None:
        """Make a span of each request to a source, under the id that the source was told."""
        for number, attempt in enumerate(span.attempts):
            if attempt.ended is None:
                continue
            about: Attributes = {"fanin.source": name, "fanin.result": attempt.result}
            if number:
                about["http.request.resend_count"] = number
            with _ids(span_id=attempt.span_id):
                made = self._tracer.start_span(
                    name, within(parent), SpanKind.CLIENT, about, start_time=at(attempt.started)
                )
            if attempt.result != "value":
                made.set_status(Status(StatusCode.ERROR, attempt.result))
            made.end(at(attempt.ended))


class _GivenIds(IdGenerator):
    """Gives ids that fanin has given already: the trace's, and those that sources were told."""

    _other = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        return _IDS.get()[0] or self._other.generate_trace_id()

    def generate_span_id(self) -> int:
        return _IDS.get()[1] or self._other.generate_span_id()


class _Patient(SpanExporter):
    """Leaves a collector alone for a while that did not take what it got."""

    def __init__(self, exporter: SpanExporter, clock: Clock) -> None:
        self._exporter = exporter
        self._clock = clock
        self._until = float("-inf")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._clock() < self._until:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._until = self._clock() + PAUSE
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


@contextmanager
def _ids(trace_id: str = "", span_id: str = "") -> Iterator[None]:
    """Have the span that begins within have these ids."""
    token = _IDS.set((int(trace_id or "0", 16), int(span_id or "0", 16)))
    try:
        yield
    finally:
        _IDS.reset(token)


def _parent(trace: TraceContext | None) -> Context | None:
    """Give the caller's span; None without one."""
    if trace is None or not trace.parent_id:
        return None
    flags = TraceFlags(TraceFlags.SAMPLED if trace.sampled else TraceFlags.DEFAULT)
    return within(
        NonRecordingSpan(
            SpanContext(int(trace.trace_id, 16), int(trace.parent_id, 16), is_remote=True, trace_flags=flags)
        )
    )


def _request_attributes(served: Served) -> Attributes:
    about: Attributes = {
        "http.request.method": served.method or "_OTHER",
        "http.response.status_code": served.status,
    }
    if route := _route(served):
        about["http.route"] = route
    if served.endpoint:
        about["fanin.endpoint"] = served.endpoint
    return about


def _route(served: Served) -> str:
    """Give the path as fanin.toml has it; empty where no endpoint was asked for."""
    return getattr(served.results[0].goal, "path", "") if served.results else ""  # handlers read sources without one


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
