"""memory: answers in the memory of one environment, bounded, the least recently used leaving first."""

from collections import OrderedDict

from fanin.stores.entry import Entry

MAX_BYTES = 32_000_000
"""Bytes of all answers, of an environment of a function."""
MAX_ENTRIES = 10_000
"""Answers likewise."""


class Memory:
    """Answers by key. They are held encoded: whoever reads one gets a value of their own, to change as they like.

    Args:
        max_bytes: of all answers.
        max_entries: how many.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, max_entries: int = MAX_ENTRIES) -> None:
        self._max_bytes = max_bytes
        self._max_entries = max_entries
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._bytes = 0
        self._claims: dict[str, float] = {}

    @property
    def size(self) -> int:
        """Bytes that the answers take, about."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, now: float) -> Entry | None:
        """Look a key up; what has expired is as if it were not there."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if not entry.known(now):
            self.remove(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep an answer, unless it alone is over the bound."""
        self.remove(key)
        if entry.size > self._max_bytes:
            return
        self._entries[key] = entry
        self._bytes += entry.size
        while self._bytes > self._max_bytes or len(self._entries) > self._max_entries:
            self.remove(next(iter(self._entries)))

    def claim(self, key: str, now: float, seconds: float) -> bool:
        """Say that one is seeing to an answer that is there; False where somebody said so within these seconds."""
        if now < self._claims.get(key, 0.0):
            return False
        if key in self._entries:
            self._claims[key] = now + seconds
        return True

    def remove(self, key: str) -> None:
        """Forget an answer, if it is there, and who was seeing to it."""
        self._claims.pop(key, None)
        if (entry := self._entries.pop(key, None)) is not None:
            self._bytes -= entry.size
