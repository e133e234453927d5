"""The circuit breaker against a plain account of what it was told: every transition has to have its reason."""

from typing import Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fanin.config.policies import CircuitBreaker
from fanin.policies.breaker import Breaker

SETTINGS = st.builds(
    CircuitBreaker,
    failure_rate=st.sampled_from([0.1, 0.5, 0.75, 1.0]),
    minimum_calls=st.integers(1, 3),
    window=st.sampled_from(["5s", "30s"]),
    open=st.sampled_from(["1s", "10s"]),
    probes=st.integers(1, 3),
)

type State = Literal["closed", "open", "half-open"]


class BreakerMachine(RuleBasedStateMachine):
    """Calls begin, end and are abandoned in any order, at any times."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.seen: State = "closed"
        self.since = 0.0
        self.under_way: list[tuple[int, int]] = []
        """What each was admitted with, and how many states there had been."""
        self.states = 0
        self.told: list[tuple[float, bool]] = []
        """When calls of this state ended, and whether they failed."""

    @initialize(settings=SETTINGS)
    def make(self, settings: CircuitBreaker) -> None:
        self.settings = settings
        self.breaker = Breaker(settings)

    @rule(seconds=st.sampled_from([0.0, 0.1, 0.9, 1.0, 4.9, 5.0, 10.0, 31.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def a_call_begins(self) -> None:
        before = self.breaker.state
        admitted = self.breaker.admit(self.now)
        if before == "open" and self.breaker.state == "half-open":
            assert self.now - self.since >= self.settings.open - 1e-9, "probed too early"
            self._entered("half-open")
        assert self.breaker.state == self.seen, "a call that begins opens and closes nothing"
        probing = sum(states == self.states for _, states in self.under_way)
        match self.seen:
            case "closed":
                assert admitted is not None, "a closed breaker refused a call"
            case "open":
                assert admitted is None, "an open breaker admitted a call"
                assert self.now - self.since < self.settings.open, "the time for probes has come"
            case "half-open":
                room = probing + len(self.told) < self.settings.probes
                assert (admitted is not None) == room, "as many probes as have yet to succeed"
        if admitted is not None:
            self.under_way.append((admitted, self.states))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), failed=st.sampled_from([True, True, False, None]))
    def a_call_ends(self, data: st.DataObject, failed: bool | None) -> None:  # noqa: FBT001 - a rule's arguments are named
        index = data.draw(st.integers(0, len(self.under_way) - 1))
        admitted, states = self.under_way.pop(index)
        self.breaker.settle(admitted, self.now, failed=failed)
        if states == self.states and failed is not None:
            self.told.append((self.now, failed))
        if self.breaker.state == self.seen:
            assert not self._due(states, failed), "it should have changed its state"
        else:
            assert self.breaker.state == self._due(states, failed), "no reason for this state"
            self._entered(self.breaker.state)

    @invariant()
    def probes_are_bounded(self) -> None:
        if self.seen == "half-open":
            assert sum(states == self.states for _, states in self.under_way) <= self.settings.probes

    def _due(self, states: int, failed: bool | None) -> State | None:  # noqa: FBT001 - as above
        """Say which state the end of a call leads to, by the account; None for no other."""
        if states != self.states or failed is None:
            return None
        if self.seen == "half-open":
            return "open" if failed else "closed" if len(self.told) >= self.settings.probes else None
        recent = [bad for at, bad in self.told if at > self.now - self.settings.window]
        enough = len(recent) >= self.settings.minimum_calls
        return "open" if failed and enough and sum(recent) >= self.settings.failure_rate * len(recent) else None

    def _entered(self, state: State) -> None:
        self.seen, self.since = state, self.now
        self.states += 1
        self.told.clear()
