"""Where the records of keys are: a table, a secret, or a file on a laptop."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fanin.aws.errors import AwsUnavailable
from fanin.callers.keys.document import MAX_DOCUMENT, read_document, readable
from fanin.callers.keys.record import Record
from fanin.config.callers.keys import Keys
from fanin.config.finding import ConfigError, Finding
from fanin.credentials.flows import AskAws, Conversation
from fanin.credentials.secrets.places import Place as SecretPlace
from fanin.errors import FaninError
from fanin.stores.aws.attributes import read

PREFIX = "key#"
"""What the keys of the table's items begin with, before the id."""
FILE = "file:"
"""What `FANIN_KEYS` begins with where it names a file."""
_ALL = ""


class KeysUnreadable(FaninError):
    """The place has no list of keys, or one that cannot be read; the text is for the log."""


class Place(Protocol):
    """Somewhere that records are."""

    def part_of(self, key_id: str) -> str:
        """Name the part of the place that is read at once, and has the record of a key."""
        ...

    def records(self, part: str, timeout: float) -> Conversation[Mapping[str, Record]]:
        """Read the records of a part, by the ids of their keys.

        Args:
            part: as `part_of` names it.
            timeout: seconds that each question may take.

        Raises:
            AwsError, AwsUnavailable, KeysUnreadable: the place did not say.
        """
        ...


@dataclass(frozen=True, slots=True)
class TablePlace:
    """A table of DynamoDB's, of which each record is an item."""

    name: str

    def part_of(self, key_id: str) -> str:
        """Name the record."""
        return key_id

    def records(self, part: str, timeout: float) -> Conversation[Mapping[str, Record]]:
        """Get the item, as it was written last: a key that has just been made counts, and one just revoked does not."""
        payload = {"TableName": self.name, "Key": {"pk": {"S": f"{PREFIX}{part}"}}, "ConsistentRead": True}
        answer = yield AskAws("dynamodb", "GetItem", payload, timeout)
        try:
            item = read(answer["Item"]) if "Item" in answer.keys() else None  # noqa: SIM118 - a list has no keys
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AwsUnavailable("dynamodb: an answer that cannot be read") from error
        record = readable(part, item) if item else None
        return {part: record} if record else {}


@dataclass(frozen=True, slots=True)
class SecretDocument:
    """A secret that lists all keys; `document.py` has its form."""

    secret: str
    place: SecretPlace

    def part_of(self, key_id: str) -> str:  # noqa: ARG002 - all keys are one text
        """Name the whole."""
        return _ALL

    def records(self, part: str, timeout: float) -> Conversation[Mapping[str, Record]]:  # noqa: ARG002 - likewise
        """Look the secret up.

        Not by the vault: that keeps values for longer than a revoked key may go on, and through any failure.
        """
        values = yield from self.place.values([self.secret], timeout)
        where = self.place.where(self.secret)
        if self.secret not in values:
            raise KeysUnreadable(f"the secret {self.secret!r} is missing: set {where}")
        return _read(values[self.secret], where)


@dataclass(frozen=True, slots=True)
class FileDocument:
    """A file that lists all keys, on a laptop."""

    path: Path

    def part_of(self, key_id: str) -> str:  # noqa: ARG002 - all keys are one text
        """Name the whole."""
        return _ALL

    def records(self, part: str, timeout: float) -> Conversation[Mapping[str, Record]]:  # noqa: ARG002 - no wait
        """Read the file."""
        yield from ()
        try:
            with self.path.open("rb") as file:
                text = file.read(MAX_DOCUMENT + 1)
        except OSError as error:
            raise KeysUnreadable(f"{self.path} cannot be read: {error.strerror}") from error
        return _read(text, str(self.path))


def _read(text: str | bytes, where: str) -> dict[str, Record]:
    try:
        return read_document(text)
    except ValueError as error:
        raise KeysUnreadable(f"{where} is no list of keys: {error}") from error


def place_of_keys(caller: str, keys: Keys, environment: Mapping[str, str], secrets: SecretPlace) -> Place:
    """Give the place of a caller's keys.

    Args:
        caller: its name in fanin.toml.
        keys: its table there.
        environment: the function's; `FANIN_KEYS` names a table, or a file behind `file:`.
        secrets: where secrets are.

    Raises:
        ConfigError: nothing names a place.
    """
    if keys.secret is not None:
        return SecretDocument(keys.secret, secrets)
    named = keys.table or environment.get("FANIN_KEYS", "")
    if not named.removeprefix(FILE):
        fix = "Set FANIN_KEYS to a table's name or to file:keys.json, or write table or secret"
        message = "nothing says where the keys are"
        raise ConfigError([Finding("missing-keys", ("callers", caller, "keys"), message, fix)])
    return FileDocument(Path(named.removeprefix(FILE))) if named.startswith(FILE) else TablePlace(named)
