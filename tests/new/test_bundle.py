"""The rule of the Makefile that builds functions and layers: which folder is for which, and what it says without."""

import shutil
import subprocess
from pathlib import Path

import pytest

from fanin.local.layout import PACKAGE
from fanin.local.process.console import Problem
from fanin.local.project import new
from fanin.local.project.wheel import Wheel
from fanin.local.sam import built, bundle


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    new.write(tmp_path, new.files("shop", (), Wheel("fanin-0.1.0-py3-none-any.whl", b"a wheel")))
    monkeypatch.setattr(built, "ROOT", tmp_path)
    return tmp_path


def test_a_function_of_the_owners_has_its_name_by_its_folder(project: Path) -> None:
    (project / "functions/order_mail").mkdir()
    (project / "functions/__pycache__").mkdir()
    assert {name: path.name for name, path in built.folders().items()} == {
        "GatewayFunction": "gateway",
        "OrderMailFunction": "order_mail",
        "WorkerFunction": "worker",
        "GatewayLayer": "gateway",
        "FaninLayer": PACKAGE.name,
    }


def test_what_has_no_folder_is_named_with_what_to_do(project: Path) -> None:
    with pytest.raises(Problem, match=r"OtherFunction is built from no folder of functions/ or layers/\. Its rule can"):
        bundle.build("OtherFunction", project / "built", "x86_64-manylinux_2_28")
    assert not (project / "built").exists()


def test_before_setting_up_the_rule_says_what_is_to_be_done_first(project: Path) -> None:
    make: list[str] = [shutil.which("make") or "", "--no-print-directory", "build-GatewayFunction"]
    ran = subprocess.run(make, cwd=project, capture_output=True, text=True, check=False)
    assert ran.returncode
    assert "fanin is not installed here: run make setup first" in ran.stderr


def test_a_rule_of_the_owners_goes_before_the_one_for_all(project: Path) -> None:
    makefile = project / "Makefile"
    makefile.write_text(makefile.read_text() + "build-OtherFunction:\n\t@echo own\n")
    make: list[str] = [shutil.which("make") or "", "--no-print-directory", "build-OtherFunction"]
    assert subprocess.run(make, cwd=project, capture_output=True, text=True, check=True).stdout == "own\n"
