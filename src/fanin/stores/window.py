"""Calls counted in slots of time, so that no stretch of a length has more of them than it may, wherever it begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SLOTS = 20
"""Slots in the length that is counted. A call counts for that length, and for up to one slot longer."""


@dataclass(slots=True)
class Window:
    """The calls of the latest slots.

    Args:
        per: the length that is counted, in seconds.
        slot: the number of the latest slot, from 1970 on.
        counts: the calls of each slot that still has some, by its number.
        total: all of them.
    """

    per: float
    slot: int = 0
    counts: dict[int, int] = field(default_factory=dict)
    total: int = 0

    def slot_of(self, now: float) -> int:
        """Give the number of the slot that a time of day is in."""
        return int(now * SLOTS // self.per)

    def ends(self, slot: int) -> float:
        """Give the time of day at which the calls of a slot cease to count."""
        return (slot + SLOTS + 1) * self.per / SLOTS

    def move(self, now: float) -> None:
        """Go on to a time of day, and leave the slots behind that count no more.

        Should a clock go back, the latest slot stays so. If the clock was far ahead, nothing of it counts: its slot
        would be the latest for too long.
        """
        slot = self.slot_of(now)
        if self.slot - slot > SLOTS:
            self.slot, self.counts, self.total = slot, {}, 0
        if slot <= self.slot:
            return
        self.slot = slot
        for old in [number for number in self.counts if number < slot - SLOTS]:
            self.total -= self.counts.pop(old)

    def add(self) -> int:
        """Count a call; give the slot that it is counted in."""
        self.counts[self.slot] = self.counts.get(self.slot, 0) + 1
        self.total += 1
        return self.slot

    def take_back(self, slot: int) -> None:
        """Take back a call that was counted in a slot, if it still counts."""
        if (count := self.counts.get(slot, 0)) == 0:
            return
        self.total -= 1
        self.counts[slot] = count - 1
        if count == 1:
            del self.counts[slot]

    def frees_at(self) -> float:
        """Give the time of day at which the oldest calls cease to count; its slot's begin without calls."""
        return self.ends(min(self.counts, default=self.slot - SLOTS - 1))

    def copy(self) -> "Window":
        """Give a window that counts the same."""
        return Window(self.per, self.slot, dict(self.counts), self.total)


def ring(counts: Mapping[int, int], slot: int) -> list[int]:
    """Write the counts of the latest slots at the places that they have in a store: the slot's number modulo them.

    Args:
        counts: by the slots' numbers.
        slot: the latest.
    """
    places = [0] * (SLOTS + 1)
    for number in range(slot - SLOTS, slot + 1):
        places[number % (SLOTS + 1)] = counts.get(number, 0)
    return places


def unrolled(places: list[int], slot: int) -> dict[int, int]:
    """Read what `ring` has written."""
    numbers = range(slot - SLOTS, slot + 1)
    return {number: count for number in numbers if (count := places[number % (SLOTS + 1)])}
