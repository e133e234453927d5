"""The budget of attempts beyond a call's first, so that a source in trouble is not asked much more than in health."""

ADVANCE = 3.0
"""Attempts that may be made before any call has earned them. They are paid back first, so that even with them the
share is kept in the long run."""
SAVED = 10.0
"""Attempts that may be saved up: what a long healthy time leaves for the first moments of trouble."""
_ROUNDING = 1e-9


class Budget:
    """A share of a source's calls.

    Args:
        share: attempts that each call earns.
        within: the budget on which each attempt counts too.
    """

    def __init__(self, share: float, within: "Budget | None" = None) -> None:
        self._share = share
        self._within = within
        self._left = ADVANCE
        self._owed = ADVANCE

    def earn(self) -> None:
        """Count a call."""
        if self._owed > 0:
            self._owed -= self._share
        else:
            self._left = min(SAVED, self._left + self._share)

    def spend(self) -> bool:
        """Count an attempt beyond a call's first; False where none is left, and none may be made."""
        if self._left < 1 - _ROUNDING or (self._within is not None and not self._within.spend()):
            return False
        self._left -= 1
        return True
