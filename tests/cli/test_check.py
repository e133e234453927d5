import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fanin.callers.keys.form import new_key
from tests.cli.conftest import Run

SOUND = """\
fanin = 1

[sources.geo]
url = "https://api.example.com/search?name={city}"
timeout = "1s"

[endpoints.place]
path = "/place/{city}"
sources = ["geo"]
"""
TWO_MISTAKES = SOUND.replace("timeout", "tiemout").replace('["geo"]', '["gio"]')
WARNED = (
    SOUND.replace('timeout = "1s"\n', "")
    + """\

[sources.weather]
url = "https://api.example.com/weather/{geo.lat}"

[endpoints.weather]
path = "/weather/{city}"
sources = ["weather"]
"""
)


def test_a_sound_file_is_fine(run: Run, written: Callable[[str], str]) -> None:
    ran = run("check", "--file", written(SOUND))
    assert ran.code == 0
    assert ran.output.endswith("fanin.toml: nothing to mend\n")


def test_the_projects_own_file_is_fine_and_without_warnings(run: Run) -> None:
    assert run("check", "--strict").code == 0


def test_each_mistake_has_its_place_its_rule_its_line_and_a_fix(run: Run, written: Callable[[str], str]) -> None:
    file = written(TWO_MISTAKES)
    ran = run("check", "--file", file)
    assert ran.code == 1
    assert ran.output.splitlines() == [
        f"{file}:5:1: error: sources.geo.tiemout: unknown key [unknown-key]",
        '    5 | tiemout = "1s"',
        "      | ^^^^^^^",
        "  fix: Write 'timeout'",
        f"{file}:9:12: error: endpoints.place.sources.0: there is no source 'gio' [unknown-source]",
        '    9 | sources = ["gio"]',
        "      |            ^^^^^",
        "  fix: Write 'geo'",
        f"{file}: 2 errors",
    ]


def test_json_has_every_part_of_a_finding(run: Run, written: Callable[[str], str]) -> None:
    file = written(TWO_MISTAKES)
    ran = run("check", "--json", "--file", file)
    assert ran.code == 1
    assert ran.json["file"] == file
    assert (ran.json["errors"], ran.json["warnings"]) == (2, 0)
    assert ran.json["findings"][0] == {
        "severity": "error",
        "rule": "unknown-key",
        "line": 5,
        "column": 1,
        "key": ["sources", "geo", "tiemout"],
        "message": "unknown key",
        "fix": "Write 'timeout'",
    }


def test_a_syntax_error_has_its_place(run: Run, written: Callable[[str], str]) -> None:
    found = run("check", "--json", "--file", written("fanin = 1\nsources = = 1\n")).json["findings"]
    assert [finding["rule"] for finding in found] == ["toml"]
    assert found[0]["line"] == 2


def test_warnings_fail_the_check_only_where_it_is_strict(run: Run, written: Callable[[str], str]) -> None:
    file = written(WARNED)
    ran = run("check", "--file", file)
    assert ran.code == 0
    assert f"{file}:3:2: warning: sources.geo: geo has no timeout of its own" in ran.output
    assert ran.output.endswith("1 warning\n")
    assert run("check", "--strict", "--file", file).code == 1


def test_text_that_looks_like_markup_is_printed_as_it_is(run: Run, written: Callable[[str], str]) -> None:
    ran = run("check", "--file", written(SOUND.replace("timeout", '"[red]"')))
    assert '5 | "[red]" = "1s"' in ran.output


def test_a_file_that_is_not_there_is_a_mistake_of_the_command_line(run: Run, tmp_path: Path) -> None:
    ran = run("check", "--file", str(tmp_path / "none.toml"))
    assert ran.code == 2
    assert "--file" in ran.messages


def test_a_file_that_is_no_text_is_told_in_a_finding(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fanin.toml").write_bytes(b"\xff\xfe\x00")
    ran = run("check", "--json", "--file", str(tmp_path / "fanin.toml"))
    assert ran.code == 1
    assert ran.json["findings"][0]["rule"] == "file"


def test_the_environment_names_the_file(run: Run, written: Callable[[str], str]) -> None:
    file = written(SOUND)
    assert run("check", "--json", FANIN_CONFIG=file).json["file"] == file


def test_files_are_named_as_they_are_for_other_tools(run: Run, written: Callable[[str], str]) -> None:
    """As for ruff, mypy and tsc: `fanin check shop.toml`, before what the environment names."""
    file = written(TWO_MISTAKES)
    ran = run("check", file, FANIN_CONFIG="fanin.toml")
    assert ran.code == 1
    assert ran.output.startswith(f"{file}:5:1: error: ")


def test_each_of_several_files_is_told_of_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SOUND)
    (tmp_path / "b.toml").write_text(TWO_MISTAKES)
    files = [str(tmp_path / name) for name in ("a.toml", "b.toml", "a.toml")]
    ran = run("check", *files)
    assert ran.code == 1
    told = [line for line in ran.output.splitlines() if line.endswith(("mend", "errors"))]
    assert told == [f"{files[0]}: nothing to mend", f"{files[1]}: 2 errors"]
    assert [(each["file"], each["errors"]) for each in run("check", "--json", *files).json] == [
        (files[0], 0),
        (files[1], 2),
    ]


def test_a_dash_stands_for_the_standard_input(run: Run) -> None:
    assert run("check", "-", standard_input=SOUND).output == "<stdin>: nothing to mend\n"
    ran = run("check", "-", standard_input=TWO_MISTAKES)
    assert ran.code == 1
    assert "<stdin>:5:1: error: sources.geo.tiemout: unknown key" in ran.output
    assert '    5 | tiemout = "1s"' in ran.output


def test_a_standard_input_that_is_no_text_or_too_long_is_told_in_a_finding(run: Run) -> None:
    for content, says in ((b"\xff\xfe\x00", "UTF-8"), (b"#" * 1_000_001, "over 1000000 bytes")):
        ran = run("check", "--json", "-", standard_input=content)
        assert ran.code == 1
        assert says in ran.json["findings"][0]["message"]


def test_a_file_that_is_not_there_is_named_before_any_is_told_of(
    run: Run, written: Callable[[str], str], tmp_path: Path
) -> None:
    ran = run("check", written(SOUND), str(tmp_path / "none.toml"))
    assert (ran.code, ran.output) == (2, "")
    assert "none.toml" in "".join(ran.messages.split()).replace("│", "")  # a long path is wrapped in its box


SECRETS = SOUND.replace(
    'timeout = "1s"', 'timeout = "1s"\nauth = { bearer = "{!geo_key}" }\nheaders = { X = "{!team}" }'
)


def test_a_secret_that_is_missing_is_warned_of_with_the_variable_to_set(
    run: Run, written: Callable[[str], str]
) -> None:
    found = run("check", "--json", written(SECRETS), FANIN_SECRET_TEAM="").json["findings"]
    assert [(each["rule"], each["message"], each["fix"], each["line"]) for each in found] == [
        ("missing-secret", "the secret 'geo_key' of source 'geo' is missing", "Set FANIN_SECRET_GEO_KEY", 6),
        ("missing-secret", "the secret 'team' of source 'geo' is missing", "Set FANIN_SECRET_TEAM", 7),
    ]
    ran = run("check", "--strict", written(SECRETS), FANIN_SECRET_TEAM="a", FANIN_SECRET_GEO_KEY="b")
    assert ran.output.endswith("nothing to mend\n")


def test_a_missing_secret_of_an_upstream_is_told_once(run: Run, written: Callable[[str], str]) -> None:
    """Where it is written, however many sources the upstream has."""
    text = """fanin = 1
[upstreams.shop]
url = "https://shop.example"
auth = { bearer = "{!shop_key}" }
timeout = "1s"
[sources.a]
upstream = "shop"
url = "/a"
[sources.b]
upstream = "shop"
url = "/b"
[endpoints.e]
path = "/e"
sources = ["a", "b"]
"""
    (found,) = run("check", "--json", written(text)).json["findings"]
    assert (found["message"], found["line"]) == ("the secret 'shop_key' of upstream 'shop' is missing", 4)


def test_the_secret_of_callbacks_is_warned_of(run: Run, written: Callable[[str], str]) -> None:
    text = SOUND + '\n[jobs]\ncallbacks = ["https://a.example"]\ncallback_secret = "{!hook}"\n'
    (found,) = run("check", "--json", written(text)).json["findings"]
    assert (found["fix"], found["line"]) == ("Set FANIN_SECRET_HOOK", 13)


def test_secrets_in_a_store_are_not_looked_for(run: Run, written: Callable[[str], str]) -> None:
    assert run("check", written(SECRETS), FANIN_SECRETS="ssm:/fanin/prod/").output.endswith("nothing to mend\n")


def test_a_place_of_secrets_that_is_none_is_a_mistake(run: Run, written: Callable[[str], str]) -> None:
    ran = run("check", "--json", written(SECRETS), FANIN_SECRETS="vault:/x")
    assert ran.code == 1
    assert [each["rule"] for each in ran.json["findings"]] == ["bad-secrets"]


def test_a_variable_of_the_environment_that_sets_none_of_the_files_is_warned_of(
    run: Run, written: Callable[[str], str]
) -> None:
    text = SOUND.replace("[sources.geo]", '[variables]\ngeo = "https://a.example"\n[sources.geo]')
    text = text.replace("https://api.example.com", "{$geo}")
    (found,) = run("check", "--json", written(text), FANIN_VAR_GOE="https://b.example").json["findings"]
    assert (found["rule"], found["key"], found["fix"]) == (
        "unknown-variable",
        ["FANIN_VAR_GOE"],
        "Write 'FANIN_VAR_GEO'",
    )
    assert (found["line"], found["column"]) == (0, 0)


def test_a_finding_in_an_included_file_is_shown_with_its_line(run: Run, written: Callable[[str], str]) -> None:
    file = written('fanin = 1\ninclude = ["b.toml"]\n[endpoints.e]\npath = "/e"\nsources = ["b"]\n')
    other = Path(file).with_name("b.toml")
    other.write_text('[sources.b]\nurl = "nowhere"\n')
    ran = run("check", "--file", file)
    assert f"{other}:2:1: error: sources.b.url" in ran.output
    assert '2 | url = "nowhere"' in ran.output
    assert run("check", "--file", file, "--json").json["findings"][0]["file"] == str(other)


def test_a_key_in_the_file_is_a_warning_that_shows_its_id_only(run: Run, written: Callable[[str], str]) -> None:
    """What `check` prints ends up in the logs of CI."""
    key = new_key()
    file = written(f"{SOUND}# the partner's: {key.text}\n")
    ran = run("check", "--file", file)
    assert ran.code == 0
    shown = f"fanin_{key.id}_{'*' * 32}"
    assert ran.output.splitlines() == [
        f"{file}:10:18: warning: the API key {key.id} stands here, and whoever reads the file has it [key-in-file]",
        f"   10 | # the partner's: {shown}",
        f"      | {' ' * 17}{'^' * len(shown)}",
        f"  fix: Remove it, run: fanin keys revoke {key.id}, and make another",
        f"{file}: 1 warning",
    ]
    assert run("check", "--strict", "--file", file).code == 1
    assert key.secret not in run("check", "--json", "--file", file).output


def test_a_key_in_an_included_file_is_found_too(run: Run, written: Callable[[str], str], tmp_path: Path) -> None:
    key = new_key()
    (tmp_path / "more.toml").write_text(f"[variables] # {key.text}\n")
    (finding,) = run("check", "--json", "--file", written(f'include = ["more.toml"]\n{SOUND}')).json["findings"]
    assert (finding["rule"], finding["file"], finding["line"]) == ("key-in-file", str(tmp_path / "more.toml"), 1)


def test_check_asks_a_database_whether_it_takes_the_statements(run: Run, tmp_path: Path) -> None:
    """Without `--database` it does not; nothing is run."""
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("create table t (a)")
    file = tmp_path / "fanin.toml"
    file.write_text(
        'fanin = 1\n[databases.db]\nurl = "sqlite:a.db"\n'
        '[sources.a]\ndatabase = "db"\nsql = "select a from t where a = {x} or a = {x?}"\n'
        '[sources.b]\ndatabase = "db"\nsql = "select b from t"\n'
        '[endpoints.e]\npath = "/e/{x}"\nsources = ["a", "b"]\n'
    )
    assert run("check", str(file)).code == 0
    asked = run("check", "--database", str(file))
    assert asked.code == 1
    assert "fanin.toml:9:1: error: sources.b.sql: no such column: b [unprepared]" in asked.output
    assert "sources.a" not in asked.output


_SERVER = """\
fanin = 1
[databases.shop]
url = "postgresql://web@db.example:5432/shop"
iam = true
[sources.a]
database = "shop"
sql = "select 1 as one"
timeout = "1s"
[endpoints.a]
path = "/a"
sources = ["a"]
"""
_LAYER = "Resources:\n  DatabaseLayer:\n    Type: AWS::Serverless::LayerVersion\n"
_SAMCONFIG = """\
version = 0.1
[local.global.parameters]
parameter_overrides = ["Database=on"]
[prod.global.parameters]
parameter_overrides = [{}]
"""
_USER = "DatabaseUsers=arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABC/web"


@pytest.mark.parametrize(
    ("template", "prod", "found"),
    [
        ("Resources:\n", "", ("no-driver", "no driver for it in local, prod", "Take the parts `database`")),
        (_LAYER, "", ("no-driver", "no driver for it in prod", 'Write "Database=on" into')),
        (_LAYER, '"Database=on"', ("no-database-user", "log in to shop as web in prod", 'Write "DatabaseUsers="')),
        (_LAYER, f'"Database=on", "{_USER}"', None),
        (None, "", None),
    ],
)
def test_what_a_template_lacks_for_a_database_on_a_server_is_warned_of(
    template: str | None, prod: str, found: tuple[str, str, str] | None, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "fanin.toml").write_text(_SERVER)
    (tmp_path / "samconfig.toml").write_text(_SAMCONFIG.format(prod))
    if template is not None:
        (tmp_path / "template.yaml").write_text(template)
    ran = run("check", "--json", str(tmp_path / "fanin.toml"))
    assert ran.code == 0
    rule, said, fix = found or ("", "", "")
    assert [each["rule"] for each in ran.json["findings"]] == ([rule] if rule else [])
    assert all(said in each["message"] and each["fix"].startswith(fix) for each in ran.json["findings"])


def test_a_template_may_lack_drivers_where_every_database_is_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()
    (tmp_path / "fanin.toml").write_text(
        _SERVER.replace("postgresql://web@db.example:5432/shop", "sqlite:a.db").replace("iam = true\n", "")
    )
    (tmp_path / "template.yaml").write_text("Resources:\n")
    (tmp_path / "samconfig.toml").write_text(_SAMCONFIG.format(""))
    assert "nothing to mend" in run("check", str(tmp_path / "fanin.toml")).output
