"""What is deployed: bytecode that Lambda's Python uses, wheels for its processors, and nothing of no use there."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.config import frozen
from fanin.local.layout import ROOT
from fanin.local.sam import bundle, configuration, environments, freezing
from fanin.local.sam.environments import LOCAL, Environment
from fanin.sources.tls import HASHED_ROOTS

_UNCHECKED_HASH = 0b01
"""The flags of bytecode that is tied to its source by a hash which nobody checks (PEP 552)."""
_MACHINES = {"x86_64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
_PARTS = (
    "FaninLayer/python",
    "GatewayLayer/python",
    "SyncLayer/python",
    "GatewayFunction",
    "LiveFunction",
    "SyncFunction",
)


@pytest.mark.parametrize("part", _PARTS)
def test_every_module_has_bytecode_that_python_3_13_takes_unchecked(local_build: Path, part: str) -> None:
    modules = list((local_build / part).rglob("*.py"))
    assert modules
    assert sys.version_info[:2] == (3, 13)
    for module in modules:
        compiled = module.parent / "__pycache__" / f"{module.stem}.cpython-313.pyc"
        header = compiled.read_bytes()[:16]
        assert header[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(header[4:8], "little") == _UNCHECKED_HASH
        assert header[8:16] == importlib.util.source_hash(module.read_bytes())


def test_bytecode_names_the_paths_of_lambda(local_build: Path) -> None:
    layer = (local_build / "FaninLayer/python/fanin/__pycache__/errors.cpython-313.pyc").read_bytes()
    function = (local_build / "SyncFunction/__pycache__/app.cpython-313.pyc").read_bytes()
    assert b"/opt/python/fanin/errors.py" in layer
    assert b"/var/task/app.py" in function


def test_native_modules_are_for_this_machine_in_its_own_environment(local_build: Path) -> None:
    _assert_native_for(environments.read(LOCAL), local_build)


def test_native_modules_are_for_the_clouds_processors_in_its_environments(tmp_path: Path) -> None:
    """One layer of them, built as `sam build` does."""
    environment = environments.read("prod")
    given = [f"ARTIFACTS_DIR={tmp_path}", f"PLATFORM={environment.platform}"]
    subprocess.run(["make", "build-GatewayLayer", *given], cwd=ROOT, check=True)
    _assert_native_for(environment, tmp_path)


@pytest.mark.parametrize("package", ["fastapi", "starlette", "mangum", "httpx"])
def test_the_sync_function_ships_no_part_of_the_gateway(local_build: Path, package: str) -> None:
    assert (local_build / "GatewayLayer/python" / package).is_dir()
    assert not (local_build / "SyncLayer/python" / package).exists()


@pytest.mark.parametrize("package", ["fastapi", "starlette"])
def test_the_django_function_ships_no_other_framework(local_build: Path, package: str) -> None:
    assert (local_build / "DjangoLayer/python/django").is_dir()
    assert not (local_build / "DjangoLayer/python" / package).exists()


def test_no_bundle_carries_the_admin_or_another_of_djangos_applications(local_build: Path) -> None:
    contrib = [path.name for path in (local_build / "DjangoLayer/python/django/contrib").iterdir()]
    assert sorted(contrib) == ["__init__.py", "__pycache__"]
    assert not list(local_build.rglob("admin.py"))
    assert not [path for path in local_build.rglob("server") if (path / "calls").exists()]


def test_functions_ship_their_own_code_and_fanin_toml_alone(local_build: Path) -> None:
    for name in ("gateway", "live", "sync", "django"):
        artifact = local_build / f"{name.capitalize()}Function"
        own = {path.name for path in (Path("functions") / name).glob("*.py")}
        assert {path.name for path in artifact.iterdir()} == own | {"fanin.toml", "fanin.frozen", "__pycache__"}


@pytest.mark.parametrize("part", ["cli", "testing"])
def test_the_core_ships_without_what_runs_on_developers_machines_alone(local_build: Path, part: str) -> None:
    assert (local_build / "FaninLayer/python/fanin/compose/parts.py").is_file()
    assert not (local_build / "FaninLayer/python/fanin" / part).exists()


def test_the_layers_have_what_a_cold_start_needs_and_no_more(local_build: Path) -> None:
    """Each root of TLS by itself, the hash of the package that a frozen configuration is of; no first pydantic."""
    assert (local_build / "FaninLayer/python/fanin/config" / frozen.STAMP).read_text() == freezing.stamp()
    gateway = local_build / "GatewayLayer/python"
    assert (gateway / "pydantic/main.py").is_file()
    assert not (gateway / "pydantic/v1").exists()
    roots = (gateway / "certifi/cacert.pem").read_text().count("BEGIN CERTIFICATE")
    assert len(list((gateway / HASHED_ROOTS).iterdir())) == roots


def test_pydantics_first_version_stays_for_a_package_that_names_it(tmp_path: Path) -> None:
    for folder in ("pydantic/v1", "fastapi", "other"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "fastapi/a.py").write_text("from pydantic import v1\n")
    (handlers := tmp_path / "functions").mkdir()
    for naming in (tmp_path / "other/a.py", handlers / "a.py"):
        naming.write_text("from pydantic.v1 import BaseModel\n")
        bundle.without_pydantic_v1(tmp_path, handlers)
        assert (tmp_path / "pydantic/v1").is_dir()
        naming.unlink()
    bundle.without_pydantic_v1(tmp_path, handlers)
    assert not (tmp_path / "pydantic/v1").exists()


def test_layers_hold_no_tests_no_stubs_and_no_installers_notes(local_build: Path) -> None:
    assert set(_useless(local_build)) == set()


def test_every_bundle_is_far_from_lambdas_limit(local_build: Path) -> None:
    for name in ("Gateway", "Sync", "Django"):
        parts = (f"{name}Function", f"{name}Layer", "FaninLayer")
        size = sum(path.stat().st_size for part in parts for path in (local_build / part).rglob("*") if path.is_file())
        assert size < 35_000_000


def test_the_layer_of_drivers_has_both_for_the_clouds_processors_and_no_other_layer_has_one(
    local_build: Path, tmp_path: Path
) -> None:
    environment = environments.read("prod")
    bundle.build("DatabaseLayer", tmp_path / "DatabaseLayer", environment.platform)
    packages = {path.name for path in (tmp_path / "DatabaseLayer/python").iterdir() if not path.name.endswith("-info")}
    assert packages == {"asyncpg", "psycopg", "psycopg_binary", "psycopg_binary.libs"}
    assert not [path for path in local_build.rglob("*") if path.name in packages]
    _assert_native_for(environment, tmp_path)
    assert set(_useless(tmp_path)) == set()


def _assert_native_for(environment: Environment, built: Path) -> None:
    native = list(built.rglob("*.so"))
    assert native
    machine = _MACHINES[environment.parameters["Architecture"]]
    assert {path for path in native if machine not in path.name and "abi3" not in path.name} == set()


def _useless(output: Path) -> Iterator[Path]:
    for layer in output.glob("*Layer/python"):
        for path in layer.rglob("*"):
            installers = path.parent.suffix == ".dist-info" and path.name in {"RECORD", "INSTALLER", "WHEEL"}
            if path.name in {"tests", "_tests", "bin"} or path.suffix == ".pyi" or installers:
                yield path


@pytest.mark.parametrize(("lock", "library"), [("schema.txt", "jsonschema_rs"), ("jwt.txt", "cryptography")])
def test_a_library_that_few_need_is_in_the_layer_only_if_fanin_toml_needs_it(
    local_build: Path, tmp_path: Path, lock: str, library: str
) -> None:
    assert configuration.requirements() == []
    assert not (local_build / "FaninLayer/python" / library).exists()
    environment = environments.read("prod")
    bundle.package(tmp_path, [f"requirements/{lock}"], environment.platform)
    assert (tmp_path / "python/fanin/errors.py").is_file()
    assert list((tmp_path / "python" / library).rglob("*.so"))
    _assert_native_for(environment, tmp_path)
    assert set(_useless(tmp_path.parent)) == set()
