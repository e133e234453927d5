"""The state machine of the circuit breaker for 50,000 steps."""

from collections import Counter

from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from tests.unit.breaker_machine import BreakerMachine, State


def test_no_transition_is_without_its_reason() -> None:
    """And every one of them is taken many times."""
    steps = 0
    entered: Counter[str] = Counter()

    class Counting(BreakerMachine):
        @invariant()
        def count(self) -> None:
            nonlocal steps
            steps += 1

        def _entered(self, state: State) -> None:
            entered[f"{self.seen} to {state}"] += 1
            super()._entered(state)

    run_state_machine_as_test(
        Counting, settings=settings(max_examples=1000, stateful_step_count=100, deadline=None, database=None)
    )
    assert steps >= 50_000
    assert set(entered) == {"closed to open", "open to half-open", "half-open to open", "half-open to closed"}
    assert min(entered.values()) > 100
