"""From a source's answer to what is kept of it, and back to an outcome."""

from collections.abc import Mapping
from typing import Any

import orjson

from fanin.config import Source
from fanin.config.values import Json
from fanin.engine.call import NO_CONTENT, NoContent
from fanin.engine.outcome import Kept, Outcome, State
from fanin.errors import AddressRefused, NotFound, SourceError, SourceRejected
from fanin.policies.cache.freshness import VALIDATED, Lifetime, age
from fanin.stores.entry import Entry

JITTER = 0.1
"""The share by which times are shortened at random, so that what came together does not expire together."""
PASSED = 30.0
"""Seconds for which it is remembered that a source's answer may not be kept."""
_MAX_VALIDATOR = 1024
"""Characters of an ETag, a Last-Modified or a Cache-Control that are kept."""


def entry_of(
    value: Json | NoContent, headers: Mapping[str, str], life: Lifetime, *, asked: float, shortened: float
) -> Entry:
    """Make what is kept of an answer.

    Args:
        value: the answer; None where the source had no such thing.
        headers: the answer's, names in lower case.
        life: for how long it may be kept.
        asked: when the source was asked, in seconds since the epoch.
        shortened: the share, up to `JITTER`, by which times are shortened.
    """
    received = asked - age(headers)
    end = received + life.fresh
    stale_until = end + life.stale * (1 - shortened)
    rescue_until = end + life.rescue
    etag, last_modified, control = (_header(headers, name) for name in ("etag", "last-modified", "cache-control"))
    used_until = max(stale_until, rescue_until)
    return Entry(
        value=None if value is None else b"" if isinstance(value, NoContent) else orjson.dumps(value),
        received=received,
        fresh_until=received + life.fresh * (1 - shortened),
        stale_until=stale_until,
        rescue_until=rescue_until,
        kept_until=used_until + VALIDATED if (etag or last_modified) and value is not None else used_until,
        etag=etag,
        last_modified=last_modified,
        control=control,
    )


def revalidated(entry: Entry, headers: Mapping[str, str]) -> tuple[Json | NoContent, Mapping[str, str]]:
    """Give the answer that still holds, and its headers as the source now has them (RFC 9111, section 4.3.4).

    Args:
        entry: what was kept.
        headers: those of the 304.
    """
    assert entry.value is not None
    kept = {"etag": entry.etag, "last-modified": entry.last_modified}
    if "expires" not in headers:
        kept["cache-control"] = entry.control
    return _read(entry.value), {**kept, **headers}


def nothing_kept(asked: float) -> Entry:
    """Make what takes the place of an answer that nobody may keep, so that calls do not wait for one another."""
    return Entry(None, asked, asked, asked, asked, asked + PASSED)


def answered(source: Source, entry: Entry, now: float, *, attempts: int = 0) -> Outcome[Any]:
    """Answer with what was kept.

    Raises:
        NotFound: that was that there is no such thing.
    """
    if entry.value is None:
        raise NotFound(source.name, f"{source.name} has no such thing", attempts=attempts)
    left = entry.fresh_until - now
    state: State = "fresh" if left > 0 else "stale"
    age, fresh_for = max(0.0, now - entry.received), max(0.0, left)
    if not entry.value:
        return Outcome(value=NO_CONTENT, state=state, age=age, attempts=attempts, fresh_for=fresh_for)
    return Kept.of(entry.value, state, age, attempts, fresh_for)


def rescues(entry: Entry | None, error: SourceError, now: float) -> bool:
    """Whether a kept answer stands in for a failure: none does for a refusal, which may be meant for this client."""
    refused = isinstance(error, NotFound | SourceRejected | AddressRefused)
    return entry is not None and entry.value is not None and now < entry.rescue_until and not refused


def is_gone(found: Entry | None, entry: Entry, now: float) -> bool:
    """Whether the store says that an answer in memory holds no more.

    Args:
        found: what the store has under its key; None if nothing.
        entry: what memory has.
        now: in seconds since the epoch.
    """
    return found is None or not found.known(now) or (found.passing and found.received > entry.received)


def _read(value: bytes) -> Json | NoContent:
    return orjson.loads(value) if value else NO_CONTENT


def _header(headers: Mapping[str, str], name: str) -> str:
    """Give a header that can be kept and sent back; empty where it cannot."""
    value = headers.get(name, "").strip()
    return value if len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable() else ""
