"""The sources with `first_of` in one request: what they wait for, what they ask for, and what they no longer need."""

from collections.abc import Mapping

from fanin.config import Source
from fanin.config.record import record
from fanin.config.values import Json
from fanin.engine.first_of import FirstOf
from fanin.engine.outcome import Outcome
from fanin.engine.plan import Plan


@record
class Alarm:
    """A timer to be set.

    Args:
        name: the source with `first_of` that it is for.
        asked: how many sources it has asked; if it has asked more when the timer runs, nothing happens.
        after: seconds.
    """

    name: str
    asked: int
    after: float


class Choices:
    """What the sources with `first_of` have asked for in one request, and what is still to be asked.

    Args:
        plan: the plan, which has some.
        unwanted: the sources that none has asked for yet; each is taken out when one does.
    """

    def __init__(self, plan: Plan, unwanted: set[str]) -> None:
        self._plan = plan
        self._choices: dict[str, FirstOf] = {}
        self._unwanted = unwanted
        self._alarms: list[Alarm] = []
        self._given_up: set[str] = set()

    @property
    def hurries(self) -> bool:
        """Whether any of them asks a source beside one that is slow."""
        return any(self._plan.sources[name].asks_beside for name in self._plan.alternatives)

    def begin(self, source: Source) -> None:
        """Begin to ask."""
        self._choices[source.name] = FirstOf(source.name, source.alternatives)

    def has_begun(self, name: str) -> bool:
        """Whether one asks, or has asked: one that its `when` stopped has not."""
        return name in self._choices

    def of(self, name: str) -> FirstOf:
        """Give the state of one that has begun."""
        return self._choices[name]

    def waiting_for(self, name: str) -> list[str]:
        """Name those that have begun and may ask a source."""
        return [other for other in self._choices if name in self._plan.alternatives[other]]

    def want(self, name: str) -> list[str]:
        """Have a source run, with all that it waits for; name those that were not wanted before, each once."""
        wanted, waiting = list[str](), [name]
        while waiting:
            if (other := waiting.pop()) in self._unwanted:
                self._unwanted.remove(other)
                wanted.append(other)
                waiting += sorted(self._plan.waits[other], reverse=True)
        return wanted

    def set_alarm(self, name: str) -> None:
        """Have the next source asked after a while, if there is one."""
        after, choice = self._plan.sources[name].asks_beside, self._choices[name]
        if after is not None and choice.asked < len(self._plan.alternatives[name]):
            self._alarms.append(Alarm(name, choice.asked, after))

    def take_alarms(self) -> list[Alarm]:
        """Give the timers that have come up since this was last asked."""
        alarms, self._alarms = self._alarms, []
        return alarms

    def hurry(self, name: str, asked: int) -> bool:
        """Take that a timer has run; tell whether another source is to be asked for it."""
        choice = self._choices[name]
        if choice.asked != asked:
            return False
        choice.hurry()
        return True

    def take_given_up(self, outcomes: Mapping[str, Outcome[Json]]) -> list[str]:
        """Name the sources under way that nothing waits for any more, each once.

        Args:
            outcomes: of all sources that have settled.
        """
        needed, waiting = set[str](), [n for n in self._plan.sources if n not in self._plan.asked_for]
        while waiting:
            name = waiting.pop()
            if name in needed or name in outcomes:
                continue
            needed.add(name)
            choice = self._choices.get(name)
            waiting += [*self._plan.waits[name], *(self._plan.alternatives[name][: choice.asked] if choice else ())]
        given_up = [
            name
            for name in self._plan.sources
            if name in self._plan.asked_for
            and not (name in self._unwanted or name in outcomes or name in needed or name in self._given_up)
        ]
        self._given_up.update(given_up)
        return given_up
