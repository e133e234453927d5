"""fanin.policies.breaker: the state machine, against a plain account of what it was told."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from fanin.config.policies import CircuitBreaker
from fanin.policies.breaker import MAX_REMEMBERED, Breaker
from tests.unit.breaker_machine import BreakerMachine


def test_no_transition_is_without_its_reason() -> None:
    """Whatever calls begin, end and are abandoned, in any order, at any times; probes are never more than allowed."""
    run_state_machine_as_test(BreakerMachine, settings=settings(max_examples=200, stateful_step_count=50))


def test_what_it_remembers_is_bounded() -> None:
    """However many calls there are; the latest count."""
    breaker = Breaker(CircuitBreaker(minimum_calls=1000, failure_rate=1.0))

    def ends(*, failed: bool) -> str:
        admitted = breaker.admit(0.0)
        assert admitted is not None
        breaker.settle(admitted, 0.0, failed=failed)
        return breaker.state

    for _ in range(5000):
        ends(failed=False)
    assert {ends(failed=True) for _ in range(MAX_REMEMBERED - 1)} == {"closed"}
    assert len(breaker._recent) == MAX_REMEMBERED
    assert ends(failed=True) == "open"
