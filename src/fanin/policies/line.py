"""The line in which the attempts of a source wait for their turn, in one environment of a function."""

from collections import deque


class Line:
    """Gives turns in the order in which they are asked for: at most so many within any length of time.

    A turn that is given is gone: whoever does not wait for it to the end leaves it unused.

    Args:
        calls: how many turns there are within `per` seconds, from whatever moment these are counted.
        per: the length of time, in seconds.
    """

    def __init__(self, calls: int, per: float) -> None:
        self._per = per
        self._turns: deque[float] = deque(maxlen=calls)
        self._held_until = 0.0

    def take(self, now: float, before: float) -> float | None:
        """Take the next turn.

        Args:
            now: the clock's seconds.
            before: when it would be too late for it, unless it is now.

        Returns:
            the moment of the turn, `now` or later; None where it would be too late, and is not taken.
        """
        full = len(self._turns) == self._turns.maxlen
        turn = max(now, self._held_until, self._turns[0] + self._per if full else now)
        if turn > now and turn >= before:
            return None
        self._turns.append(turn)
        return turn

    def hold(self, until: float) -> None:
        """Hold everybody back until a moment, those included who have been given an earlier turn."""
        self._held_until = max(self._held_until, until)

    def held(self, now: float) -> bool:
        """Tell whether everybody is held back."""
        return now < self._held_until
