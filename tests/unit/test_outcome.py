"""fanin.engine.outcome: what calls come to."""

from fanin.config.values import Json
from fanin.engine.outcome import Outcome, Span
from fanin.errors import SourceTimeout


def test_fresh_and_stale_values_are_complete_and_stand_ins_are_not() -> None:
    """A source answered for itself, or it did not."""
    assert Outcome[Json](1).complete
    assert Outcome[Json](1, state="stale").complete
    assert not Outcome[Json](1, state="fallback").complete
    assert not Outcome[Json].failed(SourceTimeout("a", "late")).complete


def test_a_failure_has_the_attempts_of_its_error() -> None:
    """And no value."""
    outcome = Outcome[Json].failed(SourceTimeout("a", "late", attempts=3))
    assert (outcome.value, outcome.attempts) == (None, 3)


def test_a_span_lasts_from_start_to_end() -> None:
    """And no time where no call was made or none has ended."""
    assert Span(ready=1, started=2, ended=5).duration == 3
    assert Span(ready=1).duration == 0
    assert Span(ready=1, started=2).duration == 0
