"""A configuration that a build leaves in a bundle is the one that the file says, or it is not used."""

import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from fanin.compose.parts import configuration
from fanin.config import Config, frozen, load
from fanin.local.layout import ROOT
from fanin.local.sam import freezing
from fanin.local.sam.configuration import copy

FILE = """fanin = 1
include = ["more/*.toml"]
[variables]
host = "https://a.example"
[sources.a]
url = "{$host}/{id}"
[endpoints.e]
path = "/e/{id}"
sources = ["a"]
"""
FILES = sorted(
    file.relative_to(ROOT)
    for pattern in ("*.toml", "examples/*/*.toml", "tests/**/*.toml", "src/fanin/local/project/files/*.toml")
    for file in ROOT.glob(pattern)
    if {"fanin", "endpoints"} <= tomllib.loads(file.read_text()).keys()
)

type Bundle = Callable[[Path], Path]


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """Make a folder as the build of a function leaves it, and its package's hash where the package is."""
    package = tmp_path / "package"
    package.mkdir()
    (package / frozen.STAMP).write_text(freezing.stamp())
    monkeypatch.setattr(frozen, "__file__", str(package / "frozen.py"))

    def made(file: Path) -> Path:
        folder = tmp_path / "bundle"
        folder.mkdir()
        copy(folder, file)
        (folder / file.name).replace(folder / "fanin.toml")
        freezing.freeze(folder)
        return folder

    return made


@pytest.fixture
def built(bundle: Bundle, tmp_path: Path) -> Path:
    """Make the bundle of a file that includes another."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more/b.toml").write_text('[sources.b]\nurl = "https://b.example"\n')
    (tmp_path / "fanin.toml").write_text(FILE)
    return bundle(tmp_path / "fanin.toml")


def told(value: object, seen: tuple[int, ...] = ()) -> Any:
    """Take a value apart, however it is made: types and all that is in it, less what is kept of expressions."""
    if id(value) in seen:
        return type(value)
    below = (*seen, id(value))
    if isinstance(value, Mapping):
        return {key: told(part, below) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [told(part, below) for part in value]
    if isinstance(value, BaseModel):
        return type(value), value.model_fields_set, told(value.__dict__, below), told(value.__pydantic_private__, below)
    if type(value).__module__.startswith("fanin"):
        return type(value), {name: told(part, below) for name, part in _attributes(value)}
    return repr(value) if callable(value) or type(value).__module__ == "jsonschema_rs" else value


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    yield from getattr(value, "__dict__", {}).items()
    for base in type(value).__mro__:
        for name in getattr(base, "__slots__", ()):
            if name != "_compiled":  # a schema's validator, which is made when it is first used
                yield name, getattr(value, name)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_what_is_thawed_is_what_the_file_says(bundle: Bundle, file: Path) -> None:
    folder = bundle(ROOT / file)
    thawed = frozen.thawed(folder, {})
    assert thawed is not None
    assert told(thawed) == told(load(folder / "fanin.toml", {}))


def test_a_schema_is_compiled_when_it_is_used(bundle: Bundle) -> None:
    thawed = frozen.thawed(bundle(ROOT / "examples/order/fanin.toml"), {})
    assert thawed
    schema = next(endpoint.input for endpoint in thawed.endpoints.values() if endpoint.input)
    assert not schema._compiled
    assert not schema.takes(1)
    assert schema._compiled


def _changed_file(folder: Path) -> None:
    (folder / "fanin.toml").write_text((folder / "fanin.toml").read_text() + "# changed\n")


def _changed_part(folder: Path) -> None:
    (folder / "more/b.toml").write_text('[sources.b]\nurl = "https://c.example"\n')


def _another_part(folder: Path) -> None:
    (folder / "more/c.toml").write_text('[sources.c]\nurl = "https://c.example"\n')


def _other_package(_: Path) -> None:
    Path(frozen.__file__).with_name(frozen.STAMP).write_text("0" * 64)


def _no_package(_: Path) -> None:
    Path(frozen.__file__).with_name(frozen.STAMP).unlink()


def _nothing_left(folder: Path) -> None:
    (folder / frozen.NAME).unlink()


def _gone_part(folder: Path) -> None:
    shutil.rmtree(folder / "more")
    (folder / "fanin.toml").write_text(FILE.replace('include = ["more/*.toml"]\n', ""))


@pytest.mark.parametrize(
    "change",
    [_changed_file, _changed_part, _another_part, _gone_part, _other_package, _no_package, _nothing_left],
)
def test_after_any_change_the_file_is_read(built: Path, change: Callable[[Path], None]) -> None:
    assert frozen.thawed(built, {})
    change(built)
    assert frozen.thawed(built, {}) is None
    assert told(configuration(built, {})) == told(load(built / "fanin.toml", {}))


def test_another_version_of_pydantic_reads_the_file(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pydantic.VERSION", "0")
    assert frozen.thawed(built, {}) is None


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({}, "https://a.example"),
        ({"FANIN_VARIABLES": "", "PATH": "/bin"}, "https://a.example"),
        ({"FANIN_VARIABLES": "host=https://z.example"}, "https://z.example"),
        ({"FANIN_VAR_HOST": "https://z.example"}, "https://z.example"),
    ],
)
def test_variables_of_the_environment_still_go_before(built: Path, environment: dict[str, str], host: str) -> None:
    thawed = frozen.thawed(built, environment)
    assert (thawed is None) == (host == "https://z.example")
    assert configuration(built, environment).sources["a"].origins_by_key == {"url": host}


def test_variables_that_the_build_knew_are_in_it(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"FANIN_VARIABLES": "host=https://z.example"}
    monkeypatch.setenv(*environment.popitem())
    freezing.freeze(built)
    thawed = frozen.thawed(built, {"FANIN_VARIABLES": "host=https://z.example"})
    assert thawed
    assert thawed.sources["a"].origins_by_key == {"url": "https://z.example"}


def test_only_the_file_of_the_function_itself_is_taken_from_it(built: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(FILE.replace('include = ["more/*.toml"]\n', "").replace("a.example", "o.example"))
    for file in (other, built / "fanin.toml"):
        config: Config = configuration(built, {"FANIN_CONFIG": str(file)})
        assert config is not None
        assert told(config) == told(load(file, {}))


def test_paths_are_those_of_where_it_is_loaded(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "data.db").write_bytes(b"")
    (tmp_path / "fanin.toml").write_text(
        'fanin = 1\n[databases.d]\nurl = "sqlite:data.db"\n[sources.a]\ndatabase = "d"\nsql = "select 1"\n'
        '[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
    )
    moved = bundle(tmp_path / "fanin.toml").rename(tmp_path / "task")
    (moved / "data.db").write_bytes(b"rows that the build did not see")
    thawed = frozen.thawed(moved, {})
    assert thawed
    assert thawed.databases["d"].url.path == moved / "data.db"


def test_a_file_that_cannot_be_served_is_left_to_the_function(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fanin.toml").write_text("fanin = 2\n")
    folder = bundle(tmp_path / "fanin.toml")
    assert not (folder / frozen.NAME).exists()
    assert "fanin" in capsys.readouterr().err
