"""Keys in one JSON text: the value of a secret, or a file on a laptop.

{"wq7zba65a2r2": {"sha256": "…", "owner": "acme", "name": "nightly", "made": 1796000000, "scopes": ["orders:read"]}}
"""

import json
import logging
from collections.abc import Mapping

import orjson

from fanin.callers.keys.record import Record

MAX_DOCUMENT = 1_000_000
"""Bytes of such a text."""

logger = logging.getLogger("fanin")


def read_document(text: str | bytes, *, strict: bool = False) -> dict[str, Record]:
    """Read records by the ids of their keys.

    Args:
        text: the JSON.
        strict: whether a record that cannot be read is a mistake; else it is left out, and the log says so.

    Raises:
        ValueError: the text is no JSON object, or too long; or it has such a record.
    """
    if len(text) > MAX_DOCUMENT:
        raise ValueError(f"over {MAX_DOCUMENT} bytes")
    try:
        kept = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("no JSON") from None
    if not isinstance(kept, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - as for what is no JSON at all
    records = {}
    for key_id, told in kept.items():
        fields = told if isinstance(told, dict) else {}
        if record := Record.of(key_id, fields) if strict else readable(key_id, fields):
            records[key_id] = record
    return records


def readable(key_id: str, told: Mapping[str, object]) -> Record | None:
    """Read a record; None, and a line in the log, if it cannot be read."""
    try:
        return Record.of(key_id, told)
    except ValueError as error:
        logger.warning("API key %s is refused: its record cannot be read: %s", key_id[:20], error)
        return None


def write_document(records: Mapping[str, Record]) -> str:
    """Write records, so that a person can read them."""
    kept = {key_id: record.json for key_id, record in records.items()}
    return f"{json.dumps(kept, indent=2, ensure_ascii=False)}\n"
