"""Keys are made, listed and revoked the same in memory, in moto's DynamoDB and in a file."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanin.aws.client import Aws
from fanin.callers.keys import ledger as ledgers
from fanin.callers.keys.form import ApiKey
from fanin.callers.keys.ledger import (
    GONE_AFTER,
    INDEXES,
    KEY,
    FileLedger,
    Issue,
    Ledger,
    LedgerError,
    TableLedger,
    issue,
)
from fanin.callers.keys.record import Limit
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.table import AwsTable
from fanin.stores.bounds import Patience
from fanin.stores.memory.table import MemoryTable
from fanin.stores.table import Table
from tests.aws.conftest import environment, moto
from tests.roots import tls_context
from tests.stores.resources import create_table

__all__ = ["environment", "moto"]  # fixtures

NOW = 1_796_000_000
TLS = tls_context()


@pytest.fixture
def run() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(params=["memory", "aws"])
def table(request: pytest.FixtureRequest, run: asyncio.Runner) -> Iterator[Table]:
    if request.param == "memory":
        yield MemoryTable(KEY, lambda: float(NOW), indexes=INDEXES)
        return
    aws = Aws(request.getfixturevalue("environment"), TLS)
    name = run.run(create_table(aws, KEY, INDEXES, numbers=["made"]))
    yield AwsTable(Calls(aws, "dynamodb", Patience(30)), name)
    run.run(aws.aclose())


@pytest.fixture(params=["table", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    if request.param == "file":
        return FileLedger(tmp_path / "keys.json")
    return TableLedger(MemoryTable(KEY, lambda: float(NOW), indexes=INDEXES))


def test_a_key_is_made_and_listed(table: Table, run: asyncio.Runner) -> None:
    kept = TableLedger(table)
    wanted = Issue("acme", "São Paulo", frozenset({"b", "a"}), Limit(100, 60.0), NOW + 10)
    _, second = run.run(issue(kept, Issue("other", "x"), NOW + 1))
    key, first = run.run(issue(kept, wanted, NOW))
    assert (first.id, first.sha256, first.made, first.expires) == (key.id, key.sha256, NOW, NOW + 10)
    assert run.run(kept.all()) == [first, second]


def test_a_revoked_key_stays_in_the_table_for_a_while(table: Table, run: asyncio.Runner) -> None:
    """It stays as long as it would have, or 90 days."""
    kept = TableLedger(table)
    for_ever, _ = run.run(issue(kept, Issue("acme", "x"), NOW))
    for_a_day, _ = run.run(issue(kept, Issue("acme", "x", expires=NOW + 86_400), NOW))
    for key in (for_ever, for_a_day):
        assert run.run(kept.revoke(key.id, NOW + 5))
        assert run.run(kept.revoke(key.id, NOW + 6))
    found = {record.id: (record.revoked, record.expires) for record in run.run(kept.all())}
    assert found == {for_ever.id: (NOW + 5, NOW + 5 + GONE_AFTER), for_a_day.id: (NOW + 5, NOW + 86_400)}


def test_an_id_that_is_taken_is_not_written_over(
    ledger: Ledger, run: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [ApiKey("a" * 12, "first"), ApiKey("a" * 12, "second"), ApiKey("b" * 12, "second")]
    monkeypatch.setattr(ledgers, "new_key", lambda: drawn.pop(0))
    first, _ = run.run(issue(ledger, Issue("acme", "x"), NOW))
    second, _ = run.run(issue(ledger, Issue("acme", "x"), NOW))
    assert (first.secret, second.id) == ("first", "b" * 12)
    assert {record.id: record.sha256 for record in run.run(ledger.all())} == {
        first.id: first.sha256,
        second.id: second.sha256,
    }


def test_a_key_that_is_not_there_is_not_revoked(ledger: Ledger, run: asyncio.Runner) -> None:
    assert not run.run(ledger.revoke("a" * 12, NOW))
    assert run.run(ledger.all()) == []


def test_no_place_has_the_secret(tmp_path: Path, run: asyncio.Runner) -> None:
    path = tmp_path / "keys.json"
    memory = MemoryTable(KEY, lambda: float(NOW), indexes=INDEXES)
    by_file, _ = run.run(issue(FileLedger(path), Issue("acme", "x"), NOW))
    by_table, _ = run.run(issue(TableLedger(memory), Issue("acme", "x"), NOW))
    for key, written in ((by_file, path.read_text()), (by_table, repr(memory.items))):
        assert key.id in written
        assert key.secret not in written


class TestFile:
    """What only a file does."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "keys.json"

    def test_only_its_owner_reads_it(self, path: Path, run: asyncio.Runner) -> None:
        run.run(issue(FileLedger(path), Issue("acme", "x"), NOW))
        assert path.stat().st_mode & 0o777 == 0o600
        assert [each.name for each in path.parent.iterdir()] == ["keys.json"]

    def test_a_revoked_key_says_when_it_was_revoked_first(self, path: Path, run: asyncio.Runner) -> None:
        key, _ = run.run(issue(FileLedger(path), Issue("acme", "x"), NOW))
        for moment in (NOW + 5, NOW + 6):
            assert run.run(FileLedger(path).revoke(key.id, moment))
        (record,) = run.run(FileLedger(path).all())
        assert record.revoked == NOW + 5

    @pytest.mark.parametrize("text", ["", "[]", '{"a": 1}'])
    def test_what_cannot_be_read_is_not_written_over(self, path: Path, run: asyncio.Runner, text: str) -> None:
        path.write_text(text)
        with pytest.raises(LedgerError, match=r"keys\.json"):
            run.run(issue(FileLedger(path), Issue("acme", "x"), NOW))
        assert path.read_text() == text

    def test_one_that_cannot_be_written_is_left_as_it_was(
        self, path: Path, run: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run.run(issue(FileLedger(path), Issue("acme", "x"), NOW))
        before = path.read_text()

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(LedgerError, match="No space left"):
            run.run(issue(FileLedger(path), Issue("acme", "y"), NOW))
        assert path.read_text() == before
        assert [each.name for each in path.parent.iterdir()] == ["keys.json"]

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path, run: asyncio.Runner) -> None:
        with pytest.raises(LedgerError, match="cannot be written"):
            run.run(issue(FileLedger(tmp_path / "no" / "keys.json"), Issue("acme", "x"), NOW))

    def test_it_is_never_too_long_to_be_read(
        self, path: Path, run: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledgers, "MAX_DOCUMENT", 500)
        for _ in range(2):
            run.run(issue(FileLedger(path), Issue("acme", "x"), NOW))
        with pytest.raises(LedgerError, match="over 500 bytes"):
            run.run(issue(FileLedger(path), Issue("acme", "x"), NOW))
        assert len(json.loads(path.read_text())) == 2
