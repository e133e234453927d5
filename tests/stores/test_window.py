"""fanin.stores.window: calls count for as long as they should, and those that were taken back no more."""

from fanin.stores.window import SLOTS, Window

PER = 20.0
"""A second a slot."""


def test_a_call_that_is_taken_back_leaves_the_others_of_its_slot() -> None:
    window = Window(PER)
    window.move(100.0)
    (slot,) = {window.add() for _ in range(3)}
    window.take_back(slot)
    assert (window.total, window.counts) == (2, {slot: 2})
    window.take_back(slot)
    window.take_back(slot)
    window.take_back(slot)  # one more than there were
    assert (window.total, window.counts) == (0, {})


def test_calls_cease_to_count_with_their_slot() -> None:
    window = Window(PER)
    window.move(100.0)
    slot = window.add()
    window.add()
    window.take_back(slot)
    window.move(101.0)
    window.add()
    window.move(100.0 + SLOTS)
    assert window.total == 2, "it counts for its length, and for the rest of its slot"
    window.move(window.ends(slot))
    assert window.total == 1
    window.move(window.ends(slot + 1))
    assert (window.total, window.counts) == (0, {})


def test_what_a_clock_counted_that_was_far_ahead_does_not_count() -> None:
    window = Window(PER)
    window.move(100.0)
    window.add()
    window.move(99.0)
    window.add()
    window.move(100.0 - PER)
    assert (window.slot, window.total) == (100, 2), "a little behind, it counts in the latest slot"
    window.move(100.0 - PER - 1.0)
    assert (window.slot, window.counts, window.total) == (79, {}, 0)


def test_the_oldest_calls_cease_to_count_first_and_without_calls_nothing_has_to() -> None:
    window = Window(PER)
    window.move(100.0)
    assert window.frees_at() == 100.0
    window.add()
    window.move(105.0)
    window.add()
    assert window.frees_at() == 100.0 + PER + PER / SLOTS
