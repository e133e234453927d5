"""What the sources of a `first_of` come to together, and which of them is asked next."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fanin.config.values import Json
from fanin.engine.outcome import Outcome
from fanin.errors import NotFound, SourceError


class FirstOf:
    """The state of one source with `first_of`, for one request.

    Args:
        name: its name.
        alternatives: the sources that are asked, in order.
    """

    def __init__(self, name: str, alternatives: Sequence[str]) -> None:
        self.name = name
        self._alternatives = alternatives
        self.asked = 0
        """How many of them have been asked."""
        self._beside = 0
        """How many of them were asked beside one that was slow."""

    def hurry(self) -> None:
        """Have one more source asked beside those that have not answered."""
        self._beside += 1

    def next(self, outcomes: Mapping[str, Outcome[Json]]) -> str | None:
        """Name the source that is to be asked now, if there is one; it counts as asked then.

        Args:
            outcomes: of all sources that have settled.
        """
        without = sum(name in outcomes for name in self._alternatives[: self.asked])
        if self.asked == len(self._alternatives) or self.asked > without + self._beside:
            return None
        self.asked += 1
        return self._alternatives[self.asked - 1]

    def outcome(self, outcomes: Mapping[str, Outcome[Json]]) -> Outcome[Json] | None:
        """Give what they came to, once one has a value or all have settled; else None.

        Null is a value only if no source has another: one that was skipped, or that calls it null that there is no such
        thing, may be followed by one that has something.
        """
        settled = {name: outcomes[name] for name in self._alternatives[: self.asked] if name in outcomes}
        attempts = sum(outcome.attempts for outcome in settled.values())
        for name, outcome in settled.items():
            if outcome.value is not None:
                return self._from(name, outcome, attempts)
        if len(settled) < len(self._alternatives):
            return None
        for name, outcome in settled.items():
            if outcome.error is None:
                return self._from(name, outcome, attempts)
        errors = [outcome.error for outcome in settled.values() if outcome.error is not None]
        error = self._failure(errors)
        error.attempts = attempts
        return Outcome(error=error, attempts=attempts)

    def _failure(self, errors: Sequence[SourceError]) -> SourceError:
        others = [error for error in errors if not isinstance(error.root, NotFound)]
        if not others:
            return NotFound(self.name, f"no source of {self.name} has such a thing")
        error = others[0].again()
        error.source = self.name
        return error

    @staticmethod
    def _from(name: str, outcome: Outcome[Json], attempts: int) -> Outcome[Json]:
        told = {"from": name, **{key: value for key, value in outcome.told.items() if key != "from"}}
        return replace(outcome, attempts=attempts, told=told)
