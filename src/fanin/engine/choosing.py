"""One request's way through a plan with sources that have `first_of`: what is asked next, and what is given up."""

from collections.abc import Mapping
from typing import Any

from fanin.config import Source
from fanin.config.values import Json
from fanin.engine import shape
from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Call
from fanin.engine.choices import Alarm, Choices
from fanin.engine.outcome import Outcome, Span
from fanin.engine.plan import Plan
from fanin.errors import DependencyFailed, SourceError


class Choosing(Aggregation):
    """The state of one request; the arguments are those of `Aggregation`.

    An execution model with timers asks `take_alarms` and `take_given_up` whenever it has been given calls.
    """

    def __init__(self, plan: Plan, *arguments: Any, **more: Any) -> None:
        super().__init__(plan, *arguments, **more)
        self._choices = Choices(plan, self._held)

    @property
    def races(self) -> bool:
        """Whether sources may be asked beside others that are slow."""
        return self._choices.hurries

    def take_alarms(self) -> list[Alarm]:
        """Give the timers that are to be set, each once; `ring` is told of each that has run."""
        return self._choices.take_alarms()

    def take_given_up(self) -> list[str]:
        """Name the sources whose calls nobody waits for any more, each once."""
        return self._choices.take_given_up(self._outcomes)

    def ring(self, name: str, asked: int) -> list[Call]:
        """Take that a timer has run, and give the calls that may start now."""
        return self._ready(self._choose(name) if self._choices.hurry(name, asked) else [])

    def _begin_choice(self, source: Source) -> list[str]:
        now = self._clock()
        self._trace.spans[source.name] = Span(ready=now, started=now)
        self._choices.begin(source)
        return self._choose(source.name)

    def _choose_after(self, name: str) -> list[str]:
        return [free for waiting in self._choices.waiting_for(name) for free in self._choose(waiting)]

    def _choose(self, name: str) -> list[str]:
        """Ask the next source, or settle; name the sources that may run now."""
        free: list[str] = []
        while name not in self._outcomes:
            choice = self._choices.of(name)
            if (outcome := choice.outcome(self._outcomes)) is not None:
                self._trace.spans[name].ended = self._clock()
                return free + self._record(self._plan.sources[name], self._fit(name, outcome))
            if (asked := choice.next(self._outcomes)) is None:
                return free
            self._choices.set_alarm(name)
            for wanted in self._choices.want(asked):
                free += self._release(wanted)
        return free

    def _chosen(self, name: str, outcomes: Mapping[str, Outcome[Json]]) -> Outcome[Json]:
        if not self._choices.has_begun(name):
            return outcomes[name]
        outcome = self._choices.of(name).outcome(outcomes)
        assert outcome is not None
        return self._fit(name, outcome)

    def _release(self, name: str) -> list[str]:
        """Let a source run that is asked for, as far as what it waits for is there."""
        spared = self._plan.spared.get(name, ())
        for other in sorted(self._plan.conditions.get(name, self._plan.waits[name])):
            outcome = self._outcomes.get(other)
            if outcome is not None and outcome.error is not None and other not in spared:
                return [] if name in self._outcomes else self._fail(name, DependencyFailed(name, outcome.error))
        return [] if self._missing[name] or name in self._outcomes else [name]

    def _fit(self, name: str, outcome: Outcome[Json]) -> Outcome[Json]:
        """Give an outcome, or a failure if its value has no place in a flat body."""
        if outcome.error is None and self._plan.goal.merge == "flat" and name in self._plan.goal.sources:
            try:
                shape.check_flat(name, outcome.value)
            except SourceError as error:
                error.attempts = outcome.attempts
                return Outcome.failed(error)
        return outcome
