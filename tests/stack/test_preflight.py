"""What cannot start is told before it is deployed."""

import shutil
from pathlib import Path

import pytest

from fanin.local.process.console import Problem
from fanin.local.sam import build, built, environments
from fanin.local.sam.environments import LOCAL
from fanin.local.stack import stack


def test_a_function_that_does_not_start_is_told_and_its_build_counts_for_nothing(
    local_build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, output = environments.read(LOCAL), tmp_path / LOCAL
    (sync,) = (
        function for function in built.functions(local_build / "template.yaml") if function.name == "SyncFunction"
    )
    monkeypatch.setattr(build, "BUILD", tmp_path)
    monkeypatch.setattr(built, "functions", lambda _: [sync])
    for part in (sync.name, *sync.layers):
        shutil.copytree(local_build / part, output / part)
    noted = output.with_suffix(".built")
    noted.touch()
    stack.check(environment)
    assert noted.exists()

    shutil.rmtree(output / sync.name / "__pycache__")  # or Python takes what was compiled, without a look at the source
    (output / sync.name / "app.py").write_text('raise RuntimeError("not like this")\n')
    with pytest.raises(Problem, match="not like this"):
        stack.check(environment)
    assert not noted.exists()
