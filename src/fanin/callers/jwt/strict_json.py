"""JSON that says one thing to every reader: no member twice, no broken text, and not too deep."""

import json
from typing import Any

import orjson

from fanin.config.values import MAX_DEPTH, Json, too_deep


def _without_duplicates(members: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in members}) != len(members):
        raise ValueError("a member comes twice")


_DUPLICATES = json.JSONDecoder(object_pairs_hook=_without_duplicates)


def strict_json(text: bytes) -> Json:
    """Read a JSON text (RFC 8259, UTF-8).

    Readers differ in which of two members of a name counts, so that a check and what comes behind it could see two
    values.

    Raises:
        ValueError: it is none, it is nested over `MAX_DEPTH` levels deep, or a member of an object comes twice.
    """
    value: Json = orjson.loads(text)
    if text.count(b"[") + text.count(b"{") >= MAX_DEPTH and too_deep(value):
        raise ValueError(f"it is nested over {MAX_DEPTH} levels deep")
    _DUPLICATES.decode(text.decode())
    return value
