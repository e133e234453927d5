"""`fanin keys`, over a file and over moto's DynamoDB."""

import asyncio
import json
from pathlib import Path

import pytest

from fanin.aws.client import Aws
from fanin.callers.keys.form import ApiKey, new_key, read_key
from fanin.callers.keys.ledger import INDEXES, KEY
from tests.aws.conftest import environment, moto
from tests.cli.conftest import Run
from tests.roots import tls_context
from tests.stores.resources import create_table

__all__ = ["environment", "moto"]  # fixtures


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "keys.json")


def made(output: str) -> ApiKey:
    key = read_key(output.strip())
    assert key
    return key


def test_a_key_is_made_listed_and_revoked(run: Run, file: str) -> None:
    ran = run("keys", "new", "orders, nightly", "--owner", "acme", "--scopes", "b,a", "--limit", "100/1m", "-f", file)
    key = made(ran.output)
    assert ran.code == 0
    assert key.id in ran.messages
    listed = run("keys", "list", "--file", file).output
    for text in (key.id, "acme", "orders, nightly", "a b", "100 in 1 m", "active"):
        assert text in listed
    revoked = run("keys", "revoke", key.id, "--file", file)
    assert (revoked.code, "60 s" in revoked.messages) == (0, True)
    (told,) = run("keys", "list", "--file", file, "--json").json["keys"]
    assert (told["id"], told["state"]) == (key.id, "revoked")


def test_a_key_is_shown_once_and_its_hash_never(run: Run, file: str) -> None:
    ran = run("keys", "new", "x", "--owner", "acme", "--file", file)
    key = made(ran.output)
    assert key.secret not in ran.messages
    shown = [run("keys", "list", "--file", file, *more).output for more in ((), ("--json",))]
    assert not any(hidden in text for text in shown for hidden in (key.secret, key.sha256))


def test_json_has_the_key_and_what_is_kept_of_it(run: Run, file: str) -> None:
    told = run("keys", "new", "x", "--owner", "acme", "--expires", "1d", "--file", file, "--json").json
    assert made(told["key"]).id == told["id"]
    assert told["expires"] - told["made"] == 86_400
    assert told["state"] == "active"
    assert "sha256" not in told


def test_a_table_keeps_keys(run: Run, environment: dict[str, str]) -> None:
    async def create() -> str:
        aws = Aws(environment, tls_context())
        try:
            return await create_table(aws, KEY, INDEXES, numbers=["made"])
        finally:
            await aws.aclose()

    table = asyncio.run(create())
    one = made(run("keys", "new", "x", "--owner", "acme", "--table", table, **environment).output)
    other = made(run("keys", "new", "y", "--owner", "other", FANIN_KEYS=table, **environment).output)
    listed = run("keys", "list", "--json", FANIN_KEYS=table, **environment).json["keys"]
    assert {each["id"] for each in listed} == {one.id, other.id}
    (only,) = run("keys", "list", "--json", "--owner", "acme", FANIN_KEYS=table, **environment).json["keys"]
    assert only["id"] == one.id
    assert run("keys", "revoke", one.text, FANIN_KEYS=table, **environment).code == 0
    assert run("keys", "revoke", new_key().id, FANIN_KEYS=table, **environment).code == 2


def test_an_environment_variable_names_a_file(run: Run, file: str) -> None:
    made(run("keys", "new", "x", "--owner", "acme", FANIN_KEYS=f"file:{file}").output)
    assert len(json.loads(Path(file).read_text())) == 1


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--expires", "never"], {}),
        (["--expires", "2100-01-01"], {"expires": 4_102_444_800}),
        (["--scopes", "a", "--scopes", "b,a"], {"scopes": ["a", "b"]}),
        (["--limit", "5/500ms"], {"calls": 5, "per": 0.5}),
    ],
)
def test_options_say_what_the_key_is(run: Run, file: str, options: list[str], kept: dict[str, object]) -> None:
    told = run("keys", "new", "x", "--owner", "acme", "--file", file, "--json", *options).json
    assert {name: told[name] for name in kept} == kept
    assert ("expires" in told) == (options != ["--expires", "never"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--expires", "tomorrow"], "2027-01-31"),
        (["--expires", "2020-01-01"], "past"),
        (["--expires", "50000d"], "100 years"),
        (["--limit", "100"], "100/1m"),
        (["--limit", "0/1m"], "100/1m"),
        (["--limit", "1/2d"], "100/1m"),
        (["--limit", "a/1m"], "100/1m"),
        (["--scopes", "a b"], "no scope"),
        (["--owner", " "], "printable"),
        (["--owner", "a\x1b[1m"], "printable"),
        (["--table", "shop"], "one place"),
    ],
)
def test_a_wrong_option_is_named_and_makes_no_key(run: Run, file: str, options: list[str], message: str) -> None:
    ran = run("keys", "new", "x", "--owner", "acme", "--file", file, *options)
    assert (ran.code, ran.output) == (2, "")
    assert message in " ".join(ran.messages.replace("│", "").split())
    assert not Path(file).exists()


def test_without_a_place_the_command_says_how_to_name_one(run: Run) -> None:
    ran = run("keys", "list", FANIN_KEYS="")
    assert ran.code == 2
    assert "FANIN_KEYS" in ran.messages


def test_a_place_that_does_not_answer_is_a_failure_and_no_fault(run: Run, environment: dict[str, str]) -> None:
    ran = run("keys", "list", "--table", "nothing", **environment)
    assert ran.code == 1
    assert "dynamodb" in ran.messages
    assert "fault" not in ran.messages


def test_a_file_that_is_no_list_of_keys_is_a_failure(run: Run, file: str) -> None:
    Path(file).write_text("no")
    assert run("keys", "list", "--file", file).code == 1
