"""fanin.compose: where the parts are put together."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dev.upstream.process import ROOT
from fanin.compose import configuration, stack
from fanin.errors import ConfigError, SourceTimeout
from fanin.outcome import Outcome
from fanin.pipeline import Call, Response, Surroundings
from fanin.testing import fake_clock
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


def test_a_stack_decodes_bounds_and_observes() -> None:
    """From a response to a value; from a hanging fetch to an outcome, at the source's timeout."""
    source = config_of('[sources.a]\nurl = "https://a.example"\ntimeout = "1s"\n[endpoints]\n').sources["a"]

    async def fetch(_: Call) -> Outcome[Any]:
        return Outcome(Response(200, {}, b"[1]"))

    given = Surroundings(clock=fake_clock.now)

    async def body() -> tuple[Outcome[Any], Outcome[Any], float]:
        good = await stack(source, fetch, given)(call_of(source))
        return good, await stack(source, hangs(), given)(call_of(source)), fake_clock.now()

    good, bad, at = fake_clock.run(body())
    assert good.value == [1]
    assert isinstance(bad.error, SourceTimeout)
    assert at == pytest.approx(1.0)


def test_the_gateway_imports_requests_when_threads_are_asked_for() -> None:
    """What few requests need delays no start."""
    script = (
        "import sys; from pathlib import Path; from fanin.compose import gateway\n"
        "app = gateway(Path('.'), {})\n"
        "assert 'requests' not in sys.modules\n"
        "assert any(getattr(route, 'path', '') == '/threads/trip/{city}' for route in app.routes)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
