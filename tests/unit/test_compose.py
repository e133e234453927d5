"""fanin.compose: where the parts are put together."""

import io
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fanin.compose import observability as composed
from fanin.compose.gateway import gateway
from fanin.compose.observability import configure_logs, observability
from fanin.compose.parts import configuration
from fanin.config import Endpoint
from fanin.config.finding import ConfigError
from fanin.engine.call import Call, Response, Runtime
from fanin.engine.outcome import Outcome, Span, Trace
from fanin.engine.result import Result
from fanin.errors import SourceTimeout
from fanin.local.layout import ROOT
from fanin.observability.served import Served
from fanin.policies.order import pipeline_of
from fanin.policies.steps import Shared
from fanin.testing import fake_clock
from tests.contract.ask import Question
from tests.contract.models import here
from tests.functions import asgi
from tests.unit.scenario import call_of, config_of, hangs

TOML = 'fanin = 1\n[sources.a]\nurl = "https://a.example"\n[endpoints.{name}]\npath = "/e"\nsources = ["a"]\n'


def test_the_file_is_the_one_in_the_folder_or_the_one_that_is_named(tmp_path: Path) -> None:
    """FANIN_CONFIG goes before fanin.toml, unless it is empty."""
    (tmp_path / "fanin.toml").write_text(TOML.format(name="here"))
    (tmp_path / "other.toml").write_text(TOML.format(name="there"))
    assert set(configuration(tmp_path, {}).endpoints) == {"here"}
    assert set(configuration(tmp_path, {"FANIN_CONFIG": ""}).endpoints) == {"here"}
    assert set(configuration(tmp_path, {"FANIN_CONFIG": str(tmp_path / "other.toml")}).endpoints) == {"there"}
    with pytest.raises(ConfigError):
        configuration(tmp_path / "nowhere", {})


def test_a_pipeline_decodes_bounds_and_observes() -> None:
    """From a response to a value; from a hanging fetch to an outcome, at the source's timeout."""
    source = config_of('[sources.a]\nurl = "https://a.example"\ntimeout = "1s"\n[endpoints]\n').sources["a"]

    async def fetch(_: Call) -> Outcome[Any]:
        return Outcome(Response(200, {}, b"[1]"))

    runtime = Runtime(clock=fake_clock.now)

    async def body() -> tuple[Outcome[Any], Outcome[Any], float]:
        good = await pipeline_of(source, fetch, Shared(runtime))(call_of(source))
        return good, await pipeline_of(source, hangs(), Shared(runtime))(call_of(source)), fake_clock.now()

    good, bad, at = fake_clock.run(body())
    assert good.value == [1]
    assert isinstance(bad.error, SourceTimeout)
    assert at == pytest.approx(1.0)


def test_the_gateway_imports_requests_when_threads_are_asked_for() -> None:
    """What few requests need delays no start."""
    script = (
        "import sys; from pathlib import Path; from fanin.compose.gateway import gateway\n"
        "app = gateway(Path('.'), {'FANIN_THREADS': 'on'})\n"
        "assert 'requests' not in sys.modules\n"
        "assert any(getattr(route, 'path', '') == '/threads/trip/{city}' for route in app.routes)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize("environment", [{}, {"FANIN_THREADS": ""}, {"FANIN_THREADS": "off"}])
def test_the_gateway_serves_threads_only_if_it_is_told_to(environment: dict[str, str]) -> None:
    """They pass by caches and shared limits, so nobody has them by accident."""
    with asgi(gateway(ROOT, environment)) as handler:
        ask = here({"gateway": handler})["gateway"]
        assert ask(Question("/threads/trip/Lisbon")).status == 404
        assert ask(Question("/health")).status == 200
    with asgi(gateway(ROOT, {**environment, "FANIN_THREADS": "on"})) as handler:
        assert here({"gateway": handler})["threads"](Question("/trip/a")).status == 422


def test_a_function_without_a_table_imports_nothing_that_reaches_one() -> None:
    """Nor does a gateway with a table import what reaches a bucket, or keeps things in memory."""
    layer = (
        "fanin.stores.aws",
        "fanin.stores.memory",
        "fanin.stores.table",
        "fanin.compose.resources",
        "fanin.aws.client",
    )
    script = (
        "import sys; from pathlib import Path; from fanin.compose.gateway import gateway\n"
        "gateway(Path('.'), {})\n"
        f"assert not [name for name in sys.modules if name.startswith({layer})]\n"
        "gateway(Path('.'), {'FANIN_TABLE': 't', 'FANIN_QUEUE': 'https://q.example'})\n"
        "assert {'fanin.stores.aws.table', 'fanin.stores.aws.queue'} < set(sys.modules)\n"
        "assert not {'fanin.stores.aws.bucket', 'fanin.stores.memory'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    ("environment", "lines"),
    [
        ({}, 0),
        ({"AWS_LAMBDA_FUNCTION_NAME": "f"}, 1),
        ({"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_SAM_LOCAL": "true"}, 0),
        ({"AWS_LAMBDA_FUNCTION_NAME": "f", "FANIN_METRICS": "false"}, 0),
        ({"FANIN_METRICS": "true"}, 1),
    ],
    ids=str,
)
def test_metrics_are_written_in_lambda_or_where_they_are_asked_for(
    environment: dict[str, str], lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Elsewhere they would be noise."""
    observability(environment).watch(Served("GET", "/nowhere", 404, 0.001))
    assert capsys.readouterr().out.count('"_aws"') == lines


class Pieces(io.RawIOBase):
    """A file that keeps what each write brings."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.taken.append(bytes(piece))
        return len(piece)


@pytest.mark.parametrize("level", ["INFO", "ERROR"])
def test_a_request_is_told_in_one_write(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its line and its metrics; where the level leaves out the line, the metrics go out all the same."""
    pieces = Pieces()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(pieces)))
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's, for which a record has to be made
    configure_logs({"FANIN_LOG_LEVEL": level})
    observability({"AWS_LAMBDA_FUNCTION_NAME": "f"}).watch(Served("GET", "/nowhere", 404, 0.001))
    [piece] = pieces.taken
    lines = [json.loads(line) for line in piece.splitlines()]
    assert ["_aws" in line for line in lines] == ([False, True] if level == "INFO" else [True])


@pytest.mark.parametrize("replaces", [False, True])
def test_what_is_written_has_gone_out_before_a_collector_is_told(
    *, replaces: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collector may take its time, and Lambda ends a function whose time is over. A handler may replace stdout."""
    pieces, replaced, seen = Pieces(), Pieces(), list[bytes]()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(pieces)))
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    configure_logs({})
    if replaces:
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(replaced)))
    monkeypatch.setattr(composed, "_telemetry", lambda *_, **__: lambda _: seen.extend(pieces.taken + replaced.taken))
    environment = {"AWS_LAMBDA_FUNCTION_NAME": "f", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example"}
    observability(environment).watch(Served("GET", "/nowhere", 404, 0.001))
    assert ["_aws" in json.loads(line) for piece in seen for line in piece.splitlines()] == [False, True]


def test_what_waiting_costs_follows_the_functions_memory(capsys: pytest.CaptureFixture[str]) -> None:
    """As Lambda bills it."""
    calls = Result(Endpoint(path="/e", sources=("a",)), {"a": Outcome(1)}, Trace(0.0, {"a": Span(0.0, 0.0, 1.0)}))
    costs = []
    for memory in ("512", "1024"):
        environment = {"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory}
        observability(environment).watch(Served("GET", "/e", 200, 1.0, results=[calls]))
        costs.append(json.loads(capsys.readouterr().out.splitlines()[0])["WaitingCost"])
    assert costs[1] == pytest.approx(2 * costs[0])
    assert costs[0] > 0


@pytest.mark.parametrize(
    ("environment", "level"),
    [
        ({}, logging.INFO),
        ({"AWS_LAMBDA_LOG_LEVEL": "WARN"}, logging.WARNING),
        ({"AWS_LAMBDA_LOG_LEVEL": "WARN", "FANIN_LOG_LEVEL": "debug"}, logging.DEBUG),
    ],
    ids=str,
)
def test_the_level_of_the_log_is_the_environments(environment: dict[str, str], level: int) -> None:
    """fanin's own word for it goes before Lambda's."""
    configure_logs(environment)
    assert logging.getLogger().level == level


def test_a_level_that_is_none_keeps_the_function_from_starting() -> None:
    """As a mistake in fanin.toml does."""
    with pytest.raises(ConfigError) as raised:
        configure_logs({"FANIN_LOG_LEVEL": "loud"})
    assert [finding.rule for finding in raised.value.findings] == ["bad-log-level"]
