"""`fanin diff`: each kind of change is found, and nothing in files that mean the same."""

# ruff: noqa: E501 - an edit of the file reads best on one line

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from fanin.cli.changes.clients import client_changes
from fanin.cli.changes.costs import cache_changes, costs_of
from fanin.cli.changes.rest import other_changes
from fanin.cli.changes.rights import right_changes
from fanin.config import Config, parse
from tests.cli.conftest import Run

BASE = """\
fanin = 1

[cors]
origins = ["https://app.example.com"]

[jobs]
callbacks = ["https://hooks.example.com"]
callback_secret = "{!webhook}"

[callers.staff]
authorizer = { scopes = ["read"] }

[upstreams.shop]
url = "https://shop.example.com"
auth = { bearer = "{!shop}" }
timeout = "1s"

[sources.place]
upstream = "shop"
url = "/places/{id}?lang={lang}"
pick = "{name: name, lat: lat}"
cache = { fresh = "1m" }
timeout = "1s"

[sources.orders]
upstream = "shop"
url = "/orders?place={place.name}"
statuses = { 409 = "pass" }
expect = { type = "object", required = ["id"], properties = { id = { type = "integer" }, note = { type = "string" } } }

[sources.save]
upstream = "shop"
url = "/orders"
method = "POST"
body = "{input}"

[endpoints.place]
path = "/places/{id}"
sources = ["place", "orders"]
required = ["place"]
caller = "staff"
allow = "caller.a == 'b'"
selectable = true
client_limit = { calls = 10, per = "1m" }
headers = { X-Place = "{id}" }
timeout = "5s"

[endpoints.place.parameters]
id = { type = "integer", minimum = 1 }
lang = { enum = ["en", "pt"], default = "en", description = "A language" }

[endpoints.save]
method = "POST"
path = "/orders"
sources = ["save"]
caller = "anyone"
input = { type = "object", properties = { n = { type = ["integer", "null"], maximum = 9 }, t = { enum = ["a", "b"] } } }
"""

type Edit = tuple[str, str]

LAYOUT = (
    BASE.replace("[cors]\n", "# A comment\n[cors]\n")
    .replace('["en", "pt"]', '[\n  "en",\n  "pt", # and more\n]')
    .replace(
        'method = "POST"\npath = "/orders"\nsources = ["save"]', 'sources = ["save"]\npath = "/orders"\nmethod = "POST"'
    )
    .replace("{name: name, lat: lat}", "{name: name, lat: lat}")
)
_TABLES = LAYOUT.split("\n[")
REORDERED = "\n[".join((_TABLES[0], *reversed(_TABLES[1:])))


@cache
def _parsed(text: str) -> Config:
    return parse(text, {})


def kinds_of(old: str, new: str) -> set[str]:
    """Name the kinds of changes, but those that only name keys; `cost` for times and calls."""
    before, after = _parsed(old), _parsed(new)
    finders = (client_changes, right_changes, cache_changes, other_changes)
    kinds = {change.kind for find in finders for change in find(before, after)} - {"keys-changed", "table-changed"}
    return kinds | ({"cost"} if list(costs_of(before, after)) else set())


def edited(*edits: Edit) -> str:
    text = BASE
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


BREAKING: dict[str, tuple[list[Edit], set[str]]] = {
    "an endpoint goes": (
        [('method = "POST"\npath = "/orders"', 'method = "PUT"\npath = "/new"'), ("endpoints.save", "endpoints.put")],
        {"endpoint-gone", "endpoint-new", "anyone-asks", "cost"},
    ),
    "an endpoint moves": ([('path = "/orders"', 'path = "/sales"')], {"endpoint-moved"}),
    "an endpoint is renamed": ([("endpoints.save", "endpoints.keep")], {"endpoint-renamed"}),
    "a parameter of the path is renamed": (
        [
            ("/places/{id}?", "/places/{key}?"),
            ('"/places/{id}"', '"/places/{key}"'),
            ("\nid = {", "\nkey = {"),
            ('"{id}"', '"{key}"'),
        ],
        {"parameter-renamed"},
    ),
    "a parameter goes": (
        [("?lang={lang}", ""), ('lang = { enum = ["en", "pt"], default = "en", description = "A language" }\n', "")],
        {"parameter-gone"},
    ),
    "a default goes": ([(', default = "en"', "")], {"parameter-required"}),
    "a parameter is new and required": (
        [("lang = {", "page = {}\nlang = {"), ("lang={lang}", "lang={lang}&page={page}")],
        {"parameter-required"},
    ),
    "a parameter moves": ([("lang = {", 'lang = { in = "header",')], {"parameter-moved"}),
    "a bound is narrower": ([("minimum = 1", "minimum = 2")], {"parameter-narrower"}),
    "a value goes": ([('["en", "pt"]', '["en"]')], {"parameter-narrower"}),
    "a type is narrower": (
        [('{ enum = ["en", "pt"], default = "en", ', '{ type = "integer", default = 1, ')],
        {"parameter-narrower", "default-changed"},
    ),
    "a member is required": (
        [('input = { type = "object",', 'input = { type = "object", required = ["n"],')],
        {"body-narrower"},
    ),
    "a member's type is narrower": ([('["integer", "null"]', '"integer"')], {"body-narrower"}),
    "a member's bound is narrower": ([("maximum = 9", "maximum = 8")], {"body-narrower"}),
    "a member's value goes": ([('["a", "b"]', '["a"]')], {"body-narrower"}),
    "members are closed": (
        [('input = { type = "object",', 'input = { type = "object", additionalProperties = false,')],
        {"body-narrower"},
    ),
    "a field goes": ([("{name: name, lat: lat}", "{name: name}")], {"field-gone"}),
    "a source leaves the answer": (
        [('sources = ["place", "orders"]', 'sources = ["place"]')],
        {"field-gone", "status-gone", "parameter-narrower", "cost"},
    ),
    "a field of a schema goes": ([(', note = { type = "string" }', "")], {"field-gone"}),
    "a field may be missing": ([('required = ["id"], ', "")], {"field-changed"}),
    "a field has another type": (
        [('id = { type = "integer" }', 'id = { type = ["integer", "string"] }')],
        {"field-changed"},
    ),
    "a value may be null": (
        [('statuses = { 409 = "pass" }', 'statuses = { 409 = "pass" }\nmissing = "null"')],
        {"field-changed"},
    ),
    "a source may be skipped": (
        [("[sources.orders]", "[sources.orders]\nwhen = \"parameters.lang == 'en'\"")],
        {"field-changed"},
    ),
    "a source is not required": ([('required = ["place"]\n', "")], {"source-optional"}),
    "a status changes": ([('sources = ["save"]', 'sources = ["save"]\nstatus = 201')], {"status-changed"}),
    "a status goes": ([('statuses = { 409 = "pass" }\n', "")], {"status-gone"}),
    "a header goes": ([('headers = { X-Place = "{id}" }\n', "")], {"header-gone"}),
    "sources cannot be selected": ([("selectable = true\n", "")], {"parameter-gone"}),
    "a caller is added": ([('caller = "anyone"', 'caller = "staff"')], {"caller-added"}),
    "a caller needs more": ([('["read"]', '["read", "all"]')], {"caller-changed"}),
    "a rule is another": ([("caller.a == 'b'", "caller.a == 'c'")], {"allow-changed"}),
    "a limit is narrower": ([("calls = 10", "calls = 5")], {"limit-narrower"}),
    "a page is refused": ([("app.example.com", "www.example.com")], {"page-refused", "page-asks"}),
    "types of problems begin otherwise": (
        [("[sources.save]", '[api]\nproblems = "https://shop.example/"\n[sources.save]')],
        {"problem-types"},
    ),
    "a callback is refused": ([('callbacks = ["https://hooks.example.com"]\n', "")], {"callback-refused"}),
}

RIGHTS: dict[str, tuple[list[Edit], set[str]]] = {
    "an origin": ([("https://shop.example.com", "https://shop2.example.com")], {"origin-new"}),
    "an origin of redirects": ([('pick = "', 'origins = ["https://b.example.com"]\npick = "')], {"origin-new"}),
    "a secret": ([("{!shop}", "{!other}")], {"secret-new"}),
    "a private address": ([("auth = { bearer", "private = true\nauth = { bearer")], {"private-new"}),
    "a write": ([('pick = "', 'writes = true\npick = "'), ('cache = { fresh = "1m" }\n', ""), ('path = "/places/{id}"', 'method = "POST"\npath = "/places/{id}"')],
        {"write-new", "cache-changed", "endpoint-moved"}),
    "a header of the client": ([('pick = "', 'forward = ["Authorization"]\npick = "'), ('upstream = "shop"\nurl = "/places', 'url = "https://shop.example.com/places')], {"forward-new", "status-new"}),
    "the queue": ([('cache = { fresh = "1m" }', 'cache = { fresh = "1m" }\nrefresh = "1m"')], {"store-new", "cache-changed"}),
    "a database": ([("[sources.save]", '[databases.d]\nurl = "postgresql://u:{!d}@db.example.com/x"\nprivate = true\n[sources.rows]\ndatabase = "d"\nsql = "select 1"\n[sources.save]')],
        {"database-new", "secret-new", "private-new", "table-new"}),
    "the function's credentials": ([('auth = { bearer = "{!shop}" }', "auth = { sigv4 = {} }")], {"credentials-new"}),
    "anyone": ([('caller = "staff"\nallow = "caller.a == \'b\'"', 'caller = "anyone"')], {"anyone-asks", "allow-gone"}),
    "no limit": ([('client_limit = { calls = 10, per = "1m" }\n', "")], {"limit-gone"}),
}  # fmt: skip

OTHERS: dict[str, tuple[list[Edit], set[str]]] = {
    "a cache": ([('fresh = "1m"', 'fresh = "2m"')], {"cache-changed"}),
    "a time": ([('timeout = "1s"\n\n[sources.orders]', 'timeout = "2s"\n\n[sources.orders]')], {"cost"}),
    "a number of calls": ([("cache = {", "retry = { attempts = 2 }\ncache = {")], {"cost"}),
    "a default": ([('default = "en"', 'default = "pt"')], {"default-changed"}),
    "an optional parameter": ([("lang = {", "page = { optional = true }\nlang = {"), ("lang={lang}", "lang={lang}&page={page?}")], {"parameter-new"}),
    "a wider bound": ([("minimum = 1", "minimum = 0"), ("maximum = 9", "maximum = 10"), ("calls = 10", "calls = 20")], {"limit-wider"}),
    "a further field": ([("{name: name, lat: lat}", "{name: name, lat: lat, lon: lon}")], set()),
    "a value of an enum": ([('["en", "pt"]', '["en", "pt", "fr"]')], set()),
    "a required source": ([('required = ["place"]', 'required = ["place", "orders"]')], {"source-required"}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("edits", "kinds"),
    [each for table in (BREAKING, RIGHTS, OTHERS) for each in table.values()],
    ids=[name for table in (BREAKING, RIGHTS, OTHERS) for name in table],
)
def test_each_change_is_found_and_no_other(edits: list[Edit], kinds: set[str]) -> None:
    assert kinds_of(BASE, edited(*edits)) == kinds


def test_a_value_of_which_no_more_is_known_than_its_fields_may_become_null() -> None:
    """So may one of which nothing is known: `missing = "null"` makes a body `null` a value."""
    one = 'fanin = 1\n[endpoints.e]\npath = "/e"\nsources = ["s"]\n[sources.s]\nurl = "https://a.example"\n'
    picked = f'{one}pick = "{{a: a}}"\n'
    assert kinds_of(picked, f'{picked}missing = "null"\n') == {"field-changed"}
    assert kinds_of(f'{picked}missing = "null"\n', picked) == set()
    assert kinds_of(one, f'{one}missing = "null"\n') == {"field-changed"}
    assert kinds_of(f'{one}pick = "{{a: a}}"\n', one) == {"field-changed"}
    assert kinds_of(one, f'{one}pick = "{{a: a}}"\n') == set()


def test_what_breaks_in_one_direction_need_not_in_the_other() -> None:
    without_body = edited(('body = "{input}"\n', ""), ("input = {", "# input = {"))
    assert kinds_of(BASE, without_body) == {"body-ignored"}
    assert kinds_of(without_body, BASE) == {"body-required"}
    assert kinds_of(edited((', note = { type = "string" }', "")), BASE) == set()
    assert kinds_of(edited(("minimum = 1", "minimum = 2"), ("maximum = 9", "maximum = 8")), BASE) == set()


@pytest.mark.parametrize("same", [BASE, LAYOUT, REORDERED], ids=["equal", "layout", "order"])
def test_files_that_mean_the_same_do_not_differ(run: Run, tmp_path: Path, same: str) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(BASE)
    new.write_text(same)
    ran = run("diff", str(old), str(new), "--fail-on", "any")
    assert (ran.code, ran.output) == (0, "Nothing that matters has changed.\n")


def test_it_fails_on_what_it_is_told_to_fail_on(run: Run, tmp_path: Path) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(BASE)
    new.write_text(edited(("minimum = 1", "minimum = 2")))
    codes = [
        run("diff", str(old), str(new), *option).code
        for option in ([], ["--fail-on", "rights"], ["--fail-on", "breaking"])
    ]
    assert codes == [0, 0, 1]
    told = run("diff", str(old), str(new), "--json").json
    message = "the parameter 'id' is at least 2, and was 1"
    assert told["breaking"] == [{"kind": "parameter-narrower", "where": "GET /places/{id}", "message": message}]
    assert (told["rights"], told["cost"]) == ([], [])


def test_times_and_calls_are_told_before_and_after(run: Run, tmp_path: Path) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    old.write_text(BASE)
    new.write_text(edited(('timeout = "1s"\n\n[sources.orders]', 'timeout = "2s"\nretry = {}\n\n[sources.orders]')))
    told = " ".join(run("diff", str(old), str(new)).output.split())
    assert "Requests GET /places/{id} 2 s → 3 s 2 s → 3 s 2 → 3" in told
    (cost,) = run("diff", str(old), str(new), "--json").json["cost"]
    assert cost["worst_case_ms"] == {"async": [2000, 3000], "sync": [2000, 3000]}
    assert cost["most_requests"] == [2, 3]


def _git(folder: Path, *arguments: str) -> None:
    own = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.com",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "commit.gpgsign=false",
    ]
    subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)


def test_without_a_repository_or_a_commit_it_says_so(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    file = tmp_path / "fanin.toml"
    file.write_text('fanin = 1\n[endpoints.e]\npath = "/e"\nsources = ["s"]\n[sources.s]\nvalue = 1\n')
    assert "there is no git repository here. Give the old file" in run("diff", "HEAD", str(file)).messages
    _git(tmp_path, "init")
    assert "has no commit yet, so there is nothing to compare with" in run("diff", "HEAD", str(file)).messages


def test_the_older_file_may_be_a_revision_with_what_it_includes(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "repository" / "shop"
    (folder / "schemas").mkdir(parents=True)
    schema = folder / "schemas/note.json"
    schema.write_text('{"type": "object", "properties": {"a": {}, "b": {}}}')
    file = folder / "fanin.toml"
    file.write_text('fanin = 1\ninclude = ["more.toml"]\n[endpoints.e]\npath = "/e"\nsources = ["s"]\n')
    (folder / "more.toml").write_text('[sources.s]\nurl = "https://a.example"\nexpect = "schemas/note.json"\n')
    for arguments in (["init"], ["add", "."], ["commit", "-m", "one"]):
        _git(folder.parent, *arguments)
    assert run("diff", "HEAD", str(file)).output == "Nothing that matters has changed.\n"
    schema.write_text('{"type": "object", "properties": {"a": {}}}')
    ran = run("diff", "main", "--file", str(file), "--fail-on", "breaking")
    assert (ran.code, "s.b is gone [field-gone]" in ran.output) == (1, True)
    for revision, message in (("nope", "neither a file nor a revision"), ("--output=x", "No such option")):
        ran = run("diff", revision, str(file))
        assert (ran.code, message in ran.messages) == (2, True)


def test_a_file_that_cannot_be_served_shows_its_findings(
    run: Run, written: Callable[[str], str], tmp_path: Path
) -> None:
    other = tmp_path / "new.toml"
    other.write_text(BASE.replace("timeout", "tiemout"))
    ran = run("diff", written(BASE), str(other))
    assert (ran.code, ran.output) == (1, "")
    assert "unknown key [unknown-key]" in ran.messages
    assert run("diff", "nothing.toml", written(BASE)).code == 2
