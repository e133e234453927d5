"""Keys in one JSON text: the value of a secret, or a file on a laptop.

{"k4qz7mwc2yvd": {"sha256": "…", "owner": "acme", "name": "nightly", "made": 1796000000, "scopes": ["orders:read"]}}
"""

import json
import logging
from collections.abc import Mapping

import orjson

from fanin.callers.keys.record import Record
from fanin.config.values import Json

MAX_DOCUMENT = 1_000_000
"""Bytes of such a text."""

logger = logging.getLogger("fanin")


def read_document(text: str | bytes) -> dict[str, Record]:
    """Read records by the ids of their keys. One that cannot be read is left out, and the log says so.

    Raises:
        ValueError: the text is no JSON object, or too long.
    """
    if len(text) > MAX_DOCUMENT:
        raise ValueError(f"over {MAX_DOCUMENT} bytes")
    try:
        kept = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError("no JSON") from None
    if not isinstance(kept, dict):
        raise ValueError("no JSON object")
    records = {}
    for key_id, told in kept.items():
        if record := readable(key_id, told):
            records[key_id] = record
    return records


def readable(key_id: str, told: object) -> Record | None:
    """Read a record; None, and a line in the log, if it cannot be read."""
    try:
        if not isinstance(told, Mapping):
            raise ValueError("it is no object")
        return Record.of(key_id, told)
    except ValueError as error:
        logger.warning("API key %s is refused: its record cannot be read: %s", key_id[:20], error)
        return None


def write_document(records: Mapping[str, Record]) -> str:
    """Write records, so that a person can read them."""
    kept: dict[str, Json] = {key_id: record.json for key_id, record in records.items()}
    return f"{json.dumps(kept, indent=2, ensure_ascii=False)}\n"
