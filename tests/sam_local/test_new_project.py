"""A new project under SAM's own commands, without a command of fanin's between: `sam build`, `sam local …`."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from fanin.local.containers.sam_local import Sandbox
from fanin.local.layout import ROOT
from fanin.local.process import ports
from fanin.local.project import new
from fanin.local.project.wheel import Wheel
from fanin.local.sam.environments import in_containers

WITHIN = 300.0
_LOCAL = ("--config-env", "local")


@pytest.fixture(scope="module")
def project(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - an engine is there
    """A new project, built by plain `sam build`; what `make setup` makes is that of the repository."""
    folder = tmp_path_factory.mktemp("projects") / "Mein Lädchen"
    new.write(folder, new.files("shop", (), Wheel("fanin-0.1.0-py3-none-any.whl", b"a wheel")))
    for name in (".venv", ".tools"):
        (folder / name).symlink_to(ROOT / name)
    _sam(folder, "build", *_LOCAL)
    return folder


def test_every_event_of_it_answers(project: Path) -> None:
    answers: dict[str, Any] = {}
    for event in sorted(project.glob("events/*/*.json")):
        function = f"{event.parent.name.capitalize()}Function"
        ran = _sam(project, "local", "invoke", function, "--event", str(event), "--skip-pull-image", *_LOCAL)
        answers[f"{event.parent.name}/{event.name}"] = json.loads(ran.stdout)
        assert '"level":"WARN"' not in ran.stderr
    assert answers["gateway/health.json"]["statusCode"] == 200
    assert answers["worker/minute.json"] == {"batchItemFailures": []}


def test_start_api_reads_its_template_and_answers(project: Path) -> None:
    port, log = ports.free(), project / "start-api.log"
    command = [".tools/sam/bin/sam", "local", "start-api", "--port", str(port), "--skip-pull-image", *_LOCAL]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=project, env=_environment(), stdout=output, stderr=output)
    try:
        ends = time.monotonic() + WITHIN
        while not ports.accepts(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < ends, log.read_text()
            time.sleep(0.2)
        with urllib.request.urlopen(f"http://{ports.LOOPBACK}:{port}/health", timeout=WITHIN) as response:
            assert json.loads(response.read()) == {"status": "ok"}
        # Nothing answers for its sources here, and the answer says so.
        with pytest.raises(urllib.error.HTTPError) as failed:
            urllib.request.urlopen(f"http://{ports.LOOPBACK}:{port}/hello/Ada", timeout=WITHIN)
        assert json.loads(failed.value.read())["sources"].keys() == {"greeting", "language"}
    finally:
        process.terminate()
        process.wait(60)


def _sam(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [".tools/sam/bin/sam", *arguments],
        cwd=project,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran


def _environment() -> dict[str, str]:
    """SAM reports nothing; wheels are for this machine's containers."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FANIN_", "AWS_"))}
    return own | {"SAM_CLI_TELEMETRY": "0", "PLATFORM": in_containers().platform, "AWS_DEFAULT_REGION": "eu-west-1"}
