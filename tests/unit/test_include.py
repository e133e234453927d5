"""include: the tables of other files, and where a mistake in them stands."""

from pathlib import Path

import pytest

from fanin.config import load, parse
from fanin.config.files import files_of, needs_postgresql, needs_schemas
from fanin.config.finding import ConfigError, Finding
from fanin.config.warn import warnings
from fanin.local.sam import configuration

MAIN = """fanin = 1
include = ["apis/*.toml", "endpoints.toml"]
[variables]
base = "https://a.example"
[sources.own]
url = "{$base}/own"
"""
FILES = {
    "fanin.toml": MAIN,
    "apis/b.toml": '[sources.b]\nurl = "{$base}/{a.id}"\nexpect = "schemas/b.json"\n',
    "apis/a.toml": 'fanin = 1\n[variables]\nother = "https://o.example"\n[sources.a]\nurl = "{$other}"\n',
    "endpoints.toml": '[endpoints.e]\npath = "/e"\nsources = ["own", "b"]\n',
    "schemas/b.json": "true",
    "apis/notes.txt": "no TOML",
}


def write(folder: Path, **changes: str) -> Path:
    """Write the files, some of them changed, and give fanin.toml."""
    changed = {name.replace("__", "/") + ".toml": text for name, text in changes.items()}
    for name, text in {**FILES, **changed}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder / "fanin.toml"


def findings(file: Path) -> list[Finding]:
    """Load a file that cannot be served."""
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    return list(caught.value.findings)


def test_tables_of_all_files_are_one_configuration(tmp_path: Path) -> None:
    config = load(write(tmp_path), {"FANIN_VAR_OTHER": "https://p.example"})
    assert list(config.sources) == ["own", "a", "b"]
    assert config.sources["a"].request({}).url == "https://p.example/"
    assert config.endpoints["e"].sources == ("own", "b")


def test_a_mistake_is_placed_in_its_own_file(tmp_path: Path) -> None:
    broken = '[sources.b]\n\nurl = "nowhere"\n'
    file = write(tmp_path, apis__b=broken)
    (finding,) = findings(file)
    assert (finding.rule, finding.file, finding.line, finding.column) == ("bad-url", "apis/b.toml", 3, 1)
    with pytest.raises(ConfigError, match=r"^apis/b\.toml:3:1: sources\.b\.url"):
        load(file, {})


def test_a_warning_is_placed_in_its_own_file(tmp_path: Path) -> None:
    endpoint = '\n\n[endpoints.e]\npath = "/e"\nsources = ["own", "b"]\n[variables]\nunused = "x"\n'
    config = load(write(tmp_path, endpoints=endpoint), {})
    found = {finding.rule: finding for finding in warnings(config, MAIN)}
    assert (found["unused"].file, found["unused"].line) == ("endpoints.toml", 7)


def test_findings_come_file_by_file(tmp_path: Path) -> None:
    main = MAIN.replace('url = "{$base}/own"', 'url = "{$base}/own"\ntimeout = "soon"')
    found = findings(write(tmp_path, fanin=main, apis__a="[sources.a]\nurl = 5\n", endpoints="[endpoints.e]\n"))
    assert [(finding.file, finding.line) for finding in found][:3] == [
        ("", 7),
        ("apis/a.toml", 2),
        ("endpoints.toml", 1),
    ]


@pytest.mark.parametrize(
    ("changes", "rule", "file", "line"),
    [
        ({"apis__a": "[sources.own]\nvalue = 1\n"}, "same-name", "apis/a.toml", 1),
        ({"apis__a": '[variables]\nbase = "x"\n'}, "same-name", "apis/a.toml", 2),
        ({"apis__a": "[sources.c]\nvalue = 1\n", "apis__b": "[sources.c]\nvalue = 2\n"}, "same-name", "apis/b.toml", 1),
        ({"apis__a": 'include = ["b.toml"]\n'}, "bad-include", "apis/a.toml", 1),
        ({"apis__a": "fanin = 2\n"}, "bad-include", "apis/a.toml", 1),
        ({"apis__a": "x = 1\n"}, "bad-include", "apis/a.toml", 1),
        ({"apis__a": "\n[sources\n"}, "toml", "apis/a.toml", 2),
        ({"apis__a": "x = " + "[" * 5000}, "toml", "apis/a.toml", 1),
        ({"fanin": MAIN.replace('"endpoints.toml"', '"nowhere/*.toml"')}, "bad-include", "", 2),
        ({"fanin": MAIN.replace('"endpoints.toml"', '"apis/notes.txt"')}, "bad-include", "", 2),
        ({"fanin": MAIN.replace('"endpoints.toml"', '"../*.toml"')}, "bad-path", "", 2),
        ({"fanin": MAIN.replace('"endpoints.toml"', '"/etc/*.toml"')}, "bad-path", "", 2),
        ({"fanin": MAIN.replace('"endpoints.toml"', "5")}, "bad-include", "", 2),
    ],
)
def test_what_cannot_be_included_is_a_finding(
    tmp_path: Path, changes: dict[str, str], rule: str, file: str, line: int
) -> None:
    first, *_ = findings(write(tmp_path, **changes))
    assert (first.rule, first.file, first.line) == (rule, file, line)
    assert first.fix


def test_bundles_have_every_file(tmp_path: Path) -> None:
    file = write(tmp_path / "from")
    assert [path.relative_to(file.parent).as_posix() for path in files_of(file)] == [
        "fanin.toml",
        "apis/a.toml",
        "apis/b.toml",
        "endpoints.toml",
        "schemas/b.json",
    ]
    assert needs_schemas(file)
    configuration.copy(tmp_path / "to", file)
    assert load(tmp_path / "to/fanin.toml", {}).sources.keys() == load(file, {}).sources.keys()
    assert not (tmp_path / "to/apis/notes.txt").exists()


def test_bundles_have_the_files_of_databases_and_the_drivers_of_others(tmp_path: Path) -> None:
    file, included = tmp_path / "fanin.toml", tmp_path / "shop.toml"
    file.write_text('fanin = 1\ninclude = ["shop.toml"]\n[databases.a]\nurl = "sqlite:data/a.db"\n')
    included.write_text("")
    (tmp_path / "data").mkdir()
    for name in ("data/a.db", "rds.pem"):
        (tmp_path / name).write_text("")
    assert files_of(file) == [file, included, tmp_path / "data/a.db"]
    assert not needs_postgresql(file)
    included.write_text('[databases.b]\nurl = "{$shop_db}"\ntls = { ca = "rds.pem" }\n')
    assert files_of(file) == [file, included, tmp_path / "data/a.db", tmp_path / "rds.pem"]
    assert needs_postgresql(file)
    assert configuration.requirements(file) == []  # the drivers have a layer of their own


def test_a_text_in_no_file_includes_none() -> None:
    with pytest.raises(ConfigError, match="bad-path"):
        parse(MAIN, {})
