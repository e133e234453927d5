"""What `sam local` says where it cannot run. No engine is needed to say it."""

from pathlib import Path

import pytest

from fanin.local.containers import engine
from fanin.local.process.console import Problem
from fanin.local.sam import environments

_IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"


def _fake_docker(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_without_an_engine_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem, match="there is no container engine"):
        engine.require(_IMAGE)


def test_with_an_engine_that_is_not_started_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_docker(tmp_path, monkeypatch, "echo 'Cannot connect' >&2; exit 1")
    with pytest.raises(Problem, match=r"does not answer:\n\nCannot connect\n\nStart it"):
        engine.require(_IMAGE)


def test_without_the_base_image_it_says_how_to_fetch_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fake_docker(tmp_path, monkeypatch, '[ "$1" = version ]')
    with pytest.raises(Problem, match=f"docker pull {_IMAGE}"):
        engine.require(_IMAGE)


def test_containers_run_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert environments.read("local").platform == "aarch64-apple-darwin"
    in_containers = environments.in_containers()
    assert in_containers.platform == "aarch64-manylinux_2_28"
    assert in_containers.build_name != environments.read("local").build_name
    assert engine.base_image(in_containers).endswith(":3.13-arm64")
