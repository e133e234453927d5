"""What an OpenTelemetry collector is told, read by OpenTelemetry's own definitions of OTLP."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from fanin.compose.gateway import gateway
from fanin.compose.observability import observability, watching
from fanin.config.finding import ConfigError
from fanin.engine.trace_context import TraceContext
from fanin.errors import SourceTimeout
from fanin.local.upstream.script import Broken, Gives
from fanin.local.upstream.scripted import ScriptedUpstreams
from fanin.observability import otlp
from fanin.observability.otlp import PAUSE, Telemetry
from fanin.observability.served import log_request
from tests.collector import Collector, serving
from tests.functions import asgi
from tests.unit.lambda_events import FakeContext, payload_2
from tests.unit.test_served import GOOD, failed, served

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
FILE = """fanin = 1
[variables]
api = "https://api.example"
[sources.geo]
url = "{$api}/geo/{city}"
private = true
trace_context = true
retry = { attempts = 2, base = "1ms" }
[sources.air]
url = "{$api}/air/{geo.id}"
private = true
[endpoints.trip]
path = "/trip/{city}"
sources = ["geo", "air"]
"""


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with serving() as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
        yield made


def test_a_trace_has_the_request_its_sources_and_what_they_were_told(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "shop-gateway")
    (tmp_path / "fanin.toml").write_text(FILE)
    upstreams = ScriptedUpstreams(["api"])
    with upstreams.running():
        upstreams.play({"GET /geo/Lisbon": [Broken(), Gives({"id": 7})], "GET /air/7": Gives({"aqi": 31})})
        environment = {**os.environ, **upstreams.variables, "FANIN_ALLOW": "127.0.0.0/8:*"}
        event = payload_2("/trip/Lisbon", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        with asgi(gateway(tmp_path, environment), observability(environment)) as handler:
            assert handler(event, FakeContext())["statusCode"] == 200
    root, geo, first, second, air, asked = sorted(
        collector.spans, key=lambda span: (span.start_time_unix_nano, -span.end_time_unix_nano)
    )
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}
    assert (root.name, root.kind, root.parent_span_id.hex()) == ("GET /trip/{city}", Span.SPAN_KIND_SERVER, PARENT)
    assert [(span.name, span.parent_span_id) for span in (geo, air)] == [("geo", root.span_id), ("air", root.span_id)]
    assert [span.parent_span_id for span in (first, second, asked)] == [geo.span_id, geo.span_id, air.span_id]
    told = [each.headers["traceparent"].split("-")[2] for each in upstreams.asked if "geo" in each.line]
    assert [first.span_id.hex(), second.span_id.hex()] == told
    assert [event.name for event in geo.events] != []
    assert first.status.code == Status.STATUS_CODE_ERROR
    assert second.status.code == Status.STATUS_CODE_UNSET
    about = {each.key: each.value for each in root.attributes}
    assert about["http.route"].string_value == "/trip/{city}"
    assert about["http.response.status_code"].int_value == 200
    assert about["fanin.complete"].bool_value is True
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in collector.spans)


def test_without_a_caller_the_trace_is_that_of_the_log(collector: Collector) -> None:
    telemetry = Telemetry({}, at_once=True)
    telemetry(replace(served({"a": GOOD}), trace=TraceContext(TRACE)))
    assert {(span.trace_id.hex(), span.parent_span_id != b"") for span in collector.spans} == {
        (TRACE, False),
        (TRACE, True),
    }


def test_what_is_not_sampled_is_counted_and_not_traced(collector: Collector) -> None:
    clock = [0.0]
    telemetry = Telemetry({}, at_once=True, clock=lambda: clock[0])
    telemetry(replace(served({"a": GOOD}), trace=TraceContext(TRACE, sampled=False, parent_id=PARENT)))
    assert collector.spans == []
    clock[0] = 31.0
    telemetry(replace(served({"a": failed(SourceTimeout("a", "late"))}, status=504), trace=None))
    (asked,) = collector.metrics["http.server.request.duration"].histogram.data_points[:1]
    assert asked.count == 1
    states = [
        {each.key: each.value.string_value for each in point.attributes}
        for point in collector.metrics["fanin.source.attempts"].sum.data_points
    ]
    assert {"fanin.source": "a", "fanin.state": "source-timeout"} in states


def test_a_collector_that_is_down_is_left_alone_for_a_while(collector: Collector) -> None:
    now = [0.0]
    telemetry = Telemetry({}, at_once=True, clock=lambda: now[0])
    collector.status = 400
    for _ in range(5):
        telemetry(served({"a": GOOD}))
    assert len(collector.taken) == 1
    collector.status, now[0] = 200, PAUSE
    telemetry(served({"a": GOOD}))
    assert len(collector.taken) == 2


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "Write http/protobuf, or leave it out"),
    ],
)
def test_what_cannot_be_told_is_refused_at_the_start(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        watching({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", **environment})


def test_without_the_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fanin.observability.otlp", None)
    with pytest.raises(ConfigError, match=r"Install fanin\[otlp\]"):
        watching({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})


@pytest.mark.parametrize(
    ("environment", "at_once"),
    [
        ({}, False),
        ({"AWS_LAMBDA_FUNCTION_NAME": "f"}, True),
        ({"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_MAX_CONCURRENCY": "50"}, False),
    ],
    ids=["server", "Lambda", "Managed Instances"],
)
def test_spans_are_sent_with_each_request_only_where_it_is_alone(
    environment: dict[str, str], *, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where the process may be frozen: what is sent holds up whatever else is under way."""
    made: list[bool] = []
    monkeypatch.setattr(otlp, "Telemetry", lambda *_, at_once, **__: made.append(at_once))
    watching({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", **environment})
    assert made == [at_once]


def test_nothing_is_told_unless_a_collector_is_named() -> None:
    for environment in ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}):
        assert watching(environment) is log_request


def test_what_is_left_is_sent_once_at_the_end(collector: Collector) -> None:
    telemetry = Telemetry({}, at_once=False)
    telemetry(served({"a": GOOD}))
    assert collector.taken == []
    telemetry.close()
    telemetry.close()
    assert [path for path, _ in collector.taken] == ["/v1/traces", "/v1/metrics"]
