"""What `fanin new` writes."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from fanin.cli import app
from fanin.config import load
from fanin.config.schema import json_schema
from fanin.local.layout import ROOT
from fanin.local.process.console import Problem
from fanin.local.project import bootstrap, data, new, parts, setup, wheel
from fanin.local.project.wheel import Wheel

WHEEL = Wheel("fanin-0.1.0-py3-none-any.whl", b"a wheel")
_SIZES = (0, 1, 2, len(parts.PARTS) - 1, len(parts.PARTS))
SUBSETS = [subset for size in _SIZES for subset in combinations(parts.PARTS, size)]
"""Each part and each pair of them, with nothing beside; everything, and everything but one."""
_OWN = {
    ".gitignore",
    "Makefile",
    "README.md",
    "fanin.toml",
    "requirements.dev.txt",
    "upstream.toml",
    f"wheels/{WHEEL.name}",
    ".github/workflows/deploy.yml",
    "shop.db",
    "shop.sql",
}
"""What the repository has in another form, or not at all."""
_OF_PARTS = {
    "jobs": ("Jobs", "jobs", "/jobs"),
    "websocket": ("Live", "Turns", "Connections", "WebSocket"),
    "streaming": ("Stream",),
    "database": ("Database", "database", "shop."),
    "contrast": ("Sync", "Django", "Contrast", "django"),
    "alarms": ("Alarm", "Dashboard", "Budget"),
    "jwt": ("Jwt", "Authorizer"),
}
"""Words that stand in the template, and in files' names, where a part is there."""


class _Template(yaml.CSafeLoader):
    """Reads CloudFormation's tags as what stands behind them."""


def _tagged(loader: yaml.CSafeLoader, _: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Template.add_multi_constructor("!", _tagged)


def test_the_repository_is_what_a_project_with_every_part_is() -> None:
    """Template, environments, functions, layers, events and their tests: the same files with the same bytes."""
    made = new.files(new.OWN, tuple(parts.PARTS), WHEEL)
    shared = {path: content for path, content in made.items() if path not in _OWN}
    shared["samconfig.toml"] = _as_it_is_here(shared["samconfig.toml"])
    assert {path for path, content in shared.items() if (ROOT / path).read_bytes() != content} == set()
    tracked = subprocess.run(
        ["git", "ls-files", "functions", "layers", "events", "tests/project", "template.yaml", "samconfig.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shared.keys() - {"requirements.in"} == set(tracked.stdout.split())


def _as_it_is_here(samconfig: bytes) -> bytes:
    """Switch off again what is off in the repository, in every environment but the one that tries all of it."""
    local, rest = samconfig.split(b"[dev.", 1)
    for switch in (b"Streaming", b"Database"):
        assert rest.count(b'"%s=on"' % switch) == 2
        rest = rest.replace(b'"%s=on"' % switch, b'"%s=off"' % switch)
    return local.replace(b'"Database=on"', b'"Database=off"') + b"[dev." + rest


def test_what_the_owner_has_to_read_is_fourteen_files() -> None:
    """What else there is, is generated; docs/project.md names both."""
    made = new.files("shop", (), WHEEL)
    generated = {"layers/gateway/requirements.txt", "requirements.dev.txt", f"wheels/{WHEEL.name}"}
    assert made.keys() - generated == {
        ".gitignore",
        "Makefile",
        "README.md",
        "events/gateway/health.json",
        "events/worker/minute.json",
        "fanin.toml",
        "functions/gateway/app.py",
        "functions/gateway/handlers.py",
        "functions/worker/app.py",
        "requirements.in",
        "samconfig.toml",
        "template.yaml",
        "tests/project/test_api.py",
        "upstream.toml",
    }
    assert generated < made.keys()
    page = (ROOT / "docs/project.md").read_text().partition("### Parts")[0]
    assert [path for path in made if f"`{path}`" not in page and "wheels/" not in path] == []


@pytest.mark.parametrize("wanted", [(), ("jobs",), tuple(parts.PARTS)])
def test_the_readme_tells_how_each_part_is_seen(wanted: tuple[str, ...]) -> None:
    readme = new.files("shop", wanted, WHEEL)["README.md"].decode()
    assert re.findall(r"^- `(\w+)`: ", readme, re.MULTILINE) == list(wanted)
    assert ("What it has beside" in readme) == bool(wanted)
    assert "{{" not in readme


def test_setting_up_puts_the_schema_where_its_first_line_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything takes long, so that it is there for an editor; it is that of the fanin which is installed."""
    monkeypatch.chdir(tmp_path)
    new.write(tmp_path, new.files("shop", (), WHEEL))
    monkeypatch.setattr(bootstrap, "main", lambda: 1)
    assert setup.main() == 1
    named = (tmp_path / "fanin.toml").read_text().splitlines()[0].removeprefix("#:schema ")
    assert json.loads((tmp_path / named).read_text()) == json_schema()


@pytest.mark.parametrize("wanted", SUBSETS, ids=",".join)
def test_a_project_has_what_was_asked_for_and_nothing_else(wanted: tuple[str, ...]) -> None:
    made = new.files("shop", wanted, WHEEL)
    template = yaml.load(made["template.yaml"], _Template)
    named = {*template["Resources"], *template["Parameters"], *template["Outputs"], *made}
    for part, words in _OF_PARTS.items():
        there = sorted(name for name in named if any(word in name for word in words))
        assert bool(there) == (part in wanted), there
    assert (".github/workflows/deploy.yml" in made) == ("ci" in wanted)
    functions = {name for name, it in template["Resources"].items() if it["Type"] == "AWS::Serverless::Function"}
    folders = {path.split("/")[1] for path in made if path.startswith("functions/")}
    assert len(functions) == len(folders)


def test_a_pull_request_is_told_what_it_changes() -> None:
    made = new.files("shop", ("ci",), WHEEL)
    steps = yaml.safe_load(made[".github/workflows/deploy.yml"])["jobs"]["test"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0, "what is merged into has to be there"
    assert steps[-1]["if"] == "github.event_name == 'pull_request'"
    assert steps[-1]["run"].startswith('make diff REF="origin/$GITHUB_BASE_REF"')
    assert b"@$(FANIN) diff" in made["Makefile"]


@pytest.mark.parametrize("wanted", SUBSETS, ids=",".join)
def test_every_reference_of_a_template_leads_somewhere(wanted: tuple[str, ...]) -> None:
    """What is left out is named nowhere: by no !Ref, !GetAtt or !Sub, no condition and no anchor."""
    text = new.shared("shop", wanted)["template.yaml"]
    template = yaml.load(text, _Template)
    there = {*template["Resources"], *template["Parameters"]}
    named = set(re.findall(r"!(?:Ref|GetAtt) ([A-Za-z0-9]+)\b(?!::)", text)) - {"AWS"}
    for substituted in re.findall(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z.]+)?\}", text):
        named.add(substituted)
    assert named - there - {"Path", "Prefix"} == set()
    conditions = set(re.findall(r"Condition: ([A-Za-z]+)$|!If \[([A-Za-z]+)", text, re.MULTILINE))
    assert {name for pair in conditions for name in pair if name} <= template["Conditions"].keys()


@pytest.mark.parametrize("wanted", SUBSETS, ids=",".join)
def test_samconfig_names_the_project_and_only_parameters_that_there_are(wanted: tuple[str, ...]) -> None:
    made = new.shared("shop", wanted)
    template = yaml.load(made["template.yaml"], _Template)
    environments = tomllib.loads(made["samconfig.toml"])
    names = {name: environments[name]["global"]["parameters"]["stack_name"] for name in ("local", "dev", "prod")}
    assert names == {"local": "shop-local", "dev": "shop-dev", "prod": "shop"}
    tags = {name: environments[name]["deploy"]["parameters"]["tags"] for name in names}
    assert tags == {name: ["project=shop", f"environment={name}"] for name in names}
    for name in names:
        for override in environments[name]["global"]["parameters"]["parameter_overrides"]:
            key, value = override.split("=", 1)
            assert key in template["Parameters"]
            assert "fanin" not in value


def test_a_part_that_an_older_project_has_without_having_asked_is_not_switched_on_in_the_cloud() -> None:
    made = new.shared("shop", ("streaming", "database"), on=("database",))["samconfig.toml"]
    assert (made.count('"Streaming=off"'), made.count('"Streaming=on"'), made.count('"Database=on"')) == (2, 1, 3)


@pytest.mark.parametrize(("wanted", "endpoints"), [((), ["hello"]), (("database",), ["hello", "stock"])])
def test_its_fanin_toml_is_served_without_a_warning(
    wanted: tuple[str, ...], endpoints: list[str], tmp_path: Path
) -> None:
    for path, content in new.files("shop", wanted, WHEEL).items():
        if "/" not in path:
            (tmp_path / path).write_bytes(content)
    assert list(load(tmp_path / "fanin.toml", {}).endpoints) == endpoints
    checked = CliRunner().invoke(app, ["check", "--file", str(tmp_path / "fanin.toml")])
    assert (checked.exit_code, "warning" in checked.output) == (0, False), checked.output


def test_its_database_is_what_its_script_makes(tmp_path: Path) -> None:
    made = new.files("shop", ("database",), WHEEL)
    (tmp_path / "shop.db").write_bytes(made["shop.db"])
    with closing(sqlite3.connect(tmp_path / "shop.db")) as given, closing(sqlite3.connect(":memory:")) as again:
        again.executescript(made["shop.sql"].decode())
        assert list(given.iterdump()) == list(again.iterdump())
        assert given.execute("select count(*) from stock").fetchone() > (1,)


def test_its_lock_names_the_wheel_by_its_hash() -> None:
    locked = new.files("shop", (), WHEEL)["requirements.dev.txt"].decode()
    digest = sha256(WHEEL.content).hexdigest()
    assert locked.startswith(f"./wheels/{WHEEL.name} \\\n    --hash=sha256:{digest}\n")


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    made = new.files("shop", (), WHEEL)
    assert new.write(tmp_path, made) == ["README.md"]
    assert (tmp_path / "README.md").read_text() == "mine"
    assert (tmp_path / "template.yaml").read_bytes() == made["template.yaml"]
    assert new.write(tmp_path, made) == sorted(made)


def test_uvs_cache_is_below_the_project_where_the_home_folder_takes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert setup.cache() == {}
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "file/home"))
    assert setup.cache() == {"UV_CACHE_DIR": str(tmp_path / ".tools/cache")}


def test_a_program_can_be_run(tmp_path: Path) -> None:
    new.write(tmp_path, {"program": b"#!/bin/sh\n", "text": b"text"})
    assert [os.access(tmp_path / name, os.X_OK) for name in ("program", "text")] == [True, False]


@pytest.mark.parametrize(
    ("folder", "name"),
    [("shop", "shop"), ("Mein Lädchen", "mein-ladchen"), ("a.b_c", "a-b-c"), ("x" * 99, "x" * 60)],
)
def test_a_project_is_called_as_its_folder(folder: str, name: str) -> None:
    assert new.name_of(Path(folder)) == name


def test_a_folder_that_makes_no_name_is_refused() -> None:
    with pytest.raises(Problem, match="Say --name"):
        new.name_of(Path("123"))


def test_a_part_that_is_not_there_is_refused_with_what_there_is() -> None:
    with pytest.raises(Problem, match=r"there is no part 'databases'\. .*'database'"):
        parts.named("jobs,databases")
    assert parts.named(" ci, jobs,") == ("jobs", "ci")


def test_the_command_says_what_is_wrong_and_writes_nothing(tmp_path: Path) -> None:
    for arguments, code, said in (
        ([str(tmp_path / "shop"), "--with", "stream"], 1, "there is no part 'stream'"),
        ([], 2, "name a folder"),
    ):
        done = CliRunner().invoke(app, ["new", *arguments])
        assert (done.exit_code, said in done.output) == (code, True), done.output
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel, "of_this", lambda: WHEEL)
    done = CliRunner().invoke(app, ["new", str(tmp_path / "my shop"), "--with", "ci"])
    assert done.exit_code == 0, done.output
    assert f"Next: cd '{tmp_path}/my shop' && make run" in done.output
    assert (tmp_path / "my shop/.github/workflows/deploy.yml").is_file()
    assert "{{name}}" not in (tmp_path / "my shop/README.md").read_text()


def test_the_modules_that_set_a_project_up_are_read_by_older_pythons() -> None:
    """They run before there is a Python 3.13: nothing newer than Python 3.9 knows, and no package."""
    for name in ("__init__", "bootstrap", "data", "setup"):
        source = (ROOT / f"src/fanin/local/project/{name}.py").read_text()
        compile(source, name, "exec", dont_inherit=True)
        imported = set(re.findall(r"^(?:from|import) ([a-z]+)", source, re.MULTILINE))
        assert imported <= {*sys.stdlib_module_names, "fanin"}
    assert data.text(".python-version") == "3.13\n"
