"""Tokens that were checked before, in the memory of this process, until they expire."""

from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import Protocol

MAX_ENTRIES = 4096
"""Tokens that are known."""
MAX_CHARACTERS = 2_000_000
"""Characters of all these tokens; what they say takes up to ten times as many bytes."""


class Ending(Protocol):
    """What a token says, until it expires."""

    @property
    def until(self) -> float:
        """The moment, in seconds since 1970, from which it is not taken any more."""
        ...


class Known[Said: Ending]:
    """What tokens say that were checked, the least recently used leaving first.

    A token is not kept, only a digest of it, together with one of the keys that it was checked with. So no token is
    known any more as soon as the issuer has other keys.

    Args:
        max_entries: how many.
        max_characters: of all of them.
    """

    def __init__(self, max_entries: int = MAX_ENTRIES, max_characters: int = MAX_CHARACTERS) -> None:
        self._max_entries = max_entries
        self._max_characters = max_characters
        self._entries: OrderedDict[bytes, tuple[Said, int]] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, token: str, keys: bytes, now: float) -> Said | None:
        """Look a token up.

        Args:
            token: the token.
            keys: the digest of the issuer's keys.
            now: seconds since 1970.
        """
        key = _digest(token, keys)
        with self._lock:
            if (entry := self._entries.get(key)) is None:
                return None
            if now >= entry[0].until:
                self._remove(key)
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, token: str, keys: bytes, said: Said) -> None:
        """Keep what a token says that was checked with these keys."""
        key = _digest(token, keys)
        with self._lock:
            self._remove(key)
            self._entries[key] = said, len(token)
            self._characters += len(token)
            while len(self._entries) > self._max_entries or self._characters > self._max_characters:
                self._remove(next(iter(self._entries)))

    def _remove(self, key: bytes) -> None:
        if (entry := self._entries.pop(key, None)) is not None:
            self._characters -= entry[1]


def _digest(token: str, keys: bytes) -> bytes:
    return sha256(keys + token.encode("utf-8", "surrogatepass")).digest()
