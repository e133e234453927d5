"""Where keys are made, listed and revoked: the table, or a file.

The items of the table, by their key `pk`:

    key#ID    sha256, owner, name, scopes, made; calls and per; expires; revoked; kind, for the index `by-made`

`expires` is the table's attribute for TTL: a key that has expired may be gone from it.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkstemp
from typing import Protocol

from fanin.callers.keys.document import MAX_DOCUMENT, read_document, readable, write_document
from fanin.callers.keys.form import ApiKey, new_key
from fanin.callers.keys.places import PREFIX
from fanin.callers.keys.record import Limit, Record
from fanin.errors import FaninError
from fanin.stores.condition import Absent, Present, equal
from fanin.stores.table import EXPIRES, Change, Table, took

KEY = ("pk",)
INDEXES: Mapping[str, tuple[str, str]] = {"by-made": ("kind", "made")}
"""What the table's items are found by, as template.yaml has it."""
MOST_LISTED = 10_000
"""Keys that are listed."""
GONE_AFTER = 90 * 86_400
"""Seconds after which a revoked key leaves the table that would never have expired."""

_KIND = "key"


class LedgerError(FaninError):
    """The keys cannot be read or written; the text says why."""


class Ledger(Protocol):
    """Keeps the records of keys.

    Its methods raise StoreError and LedgerError where they cannot.
    """

    async def add(self, record: Record) -> bool:
        """Write a new record; False if there is one with its id."""
        ...

    async def all(self) -> Sequence[Record]:
        """Give all records, the one made first at the beginning."""
        ...

    async def revoke(self, key_id: str, now: int) -> bool:
        """Refuse a key from now on; False if there is no such key."""
        ...


@dataclass(frozen=True, slots=True)
class Issue:
    """What a new key is to be.

    Args:
        owner: who gets it.
        name: what it is for.
        scopes: what it may do.
        limit: how often it may be used; None without a limit of its own.
        expires: from when on it is refused, in seconds since 1970; None for never.
    """

    owner: str
    name: str
    scopes: frozenset[str] = frozenset()
    limit: Limit | None = None
    expires: int | None = None


async def issue(ledger: Ledger, wanted: Issue, now: int) -> tuple[ApiKey, Record]:
    """Make a key and keep its record.

    Args:
        ledger: where.
        wanted: what the key is to be.
        now: seconds since 1970.

    Returns:
        the key, which is kept nowhere, and its record.

    Raises:
        StoreError, LedgerError: the record could not be written.
    """
    while True:
        key = new_key()
        record = Record(key.id, key.sha256, wanted.owner, wanted.name, now, wanted.scopes, wanted.limit, wanted.expires)
        if await ledger.add(record):
            return key, record


class TableLedger:
    """The keys in a table.

    Args:
        table: the table, with `KEY` and `INDEXES`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, record: Record) -> bool:
        """Write an item where there is none."""
        item = {"pk": f"{PREFIX}{record.id}", "kind": _KIND, **record.kept}
        return await took(self._table.put(item, where=Absent("pk")))

    async def all(self) -> Sequence[Record]:
        """Ask the index, which may lag behind."""
        items = await self._table.find("by-made", equal("kind", _KIND), limit=MOST_LISTED)
        found = ((str(item["pk"]).removeprefix(PREFIX), item) for item in items)
        return [record for key_id, item in found if (record := readable(key_id, item))]

    async def revoke(self, key_id: str, now: int) -> bool:
        """Write down when it was revoked first, and have the item go at some time."""
        change = Change(start={"revoked": now, EXPIRES: now + GONE_AFTER})
        return await took(self._table.change({"pk": f"{PREFIX}{key_id}"}, change, where=Present("pk")))


class FileLedger:
    """The keys in a file, which only its owner may read. Two who write it at once may lose one's change.

    Args:
        path: the file; one that is not there has no keys.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def add(self, record: Record) -> bool:
        """Write the file anew, with one more record."""
        records = self._read()
        if record.id in records:
            return False
        self._write(records | {record.id: record})
        return True

    async def all(self) -> Sequence[Record]:
        """Read the file."""
        return sorted(self._read().values(), key=lambda record: record.made)

    async def revoke(self, key_id: str, now: int) -> bool:
        """Write the file anew."""
        records = self._read()
        if key_id not in records:
            return False
        if records[key_id].revoked is None:
            self._write(records | {key_id: replace(records[key_id], revoked=now)})
        return True

    def _read(self) -> dict[str, Record]:
        try:
            with self._path.open("rb") as file:
                return read_document(file.read(MAX_DOCUMENT + 1), strict=True)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise LedgerError(f"{self._path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise LedgerError(f"{self._path} is no list of keys: {error}") from error

    def _write(self, records: Mapping[str, Record]) -> None:
        """Write beside the file and put that in its place, so that nobody reads half of it."""
        text = write_document(records)
        if len(text.encode()) > MAX_DOCUMENT:
            raise LedgerError(f"{self._path} would have over {MAX_DOCUMENT} bytes: keep the keys in a table")
        try:
            number, beside = mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            try:
                with os.fdopen(number, "w", encoding="utf-8") as file:
                    file.write(text)
                Path(beside).replace(self._path)
            except OSError:
                with suppress(OSError):
                    Path(beside).unlink()
                raise
        except OSError as error:
            raise LedgerError(f"{self._path} cannot be written: {error.strerror}") from error
