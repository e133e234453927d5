"""What cannot start is told before it is deployed."""

import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from fanin.local.process.console import Problem
from fanin.local.sam import build, built, environments
from fanin.local.sam.environments import LOCAL
from fanin.local.stack import preflight, stack


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


@pytest.mark.parametrize("told", [True, False])
def test_keys_of_callers_are_in_the_table_that_the_template_makes(tmp_path: Path, *, told: bool) -> None:
    """As the function is told once it is deployed; a function whose template does not say it is refused."""
    (tmp_path / "fanin.toml").write_text(
        'fanin = 1\ncaller = "partners"\n[callers.partners]\nkeys = {}\n[sources.a]\nvalue = 1\n'
        '[endpoints.a]\npath = "/a"\nsources = ["a"]\n'
    )
    (tmp_path / "app.py").write_text(
        "import os\nfrom pathlib import Path\nfrom fanin.compose.gateway import gateway\n"
        "handler = gateway(Path(__file__).parent, {'FANIN_KEYS': os.environ.get('FANIN_KEYS', '')})\n"
    )
    (tmp_path / "template.yaml").write_text(
        yaml.safe_dump(
            {
                "Resources": {
                    "F": {
                        "Type": "AWS::Serverless::Function",
                        "Properties": {
                            "Environment": {"Variables": {"FANIN_KEYS": {"Ref": "KeysTable"}} if told else {}}
                        },
                    }
                }
            }
        )
    )
    (function,) = built.functions(tmp_path / "template.yaml")
    found = preflight.mistakes([function], {"F": tmp_path}, {"PYTHONPATH": os.pathsep.join(sys.path)})
    assert found == [] if told else "[missing-keys]" in found[0]
