"""How long what was read of a key counts, and what happens if its place does not answer."""

import logging

import pytest

from fanin.aws.errors import AwsError, AwsThrottled, AwsUnavailable
from fanin.callers.keys.kept import (
    KEPT,
    KEPT_THROUGH_FAILURE,
    KEPT_UNKNOWN,
    LINES,
    LONGEST_READ,
    MAX_KNOWN,
    MAX_UNKNOWN,
    PAUSE,
    SILENCE,
    Kept,
    KeysUnavailable,
)
from fanin.callers.keys.places import KeysUnreadable
from fanin.callers.keys.record import Record
from fanin.credentials.flows import OneAtATime
from tests.callers.keys.holding import Clock, FakePlace, hold, ids


class Given:
    """What is kept of a place, and a clock that stands."""

    def __init__(self, *, whole: bool = False) -> None:
        self.clock = Clock()
        self.place = FakePlace(whole=whole)
        self.kept = Kept(self.place, self.clock)

    def record(self, key_id: str, left: float = 30.0) -> Record | None:
        return hold(self.kept.record(key_id, self.clock() + left))

    @property
    def reads(self) -> int:
        return len(self.place.read)


def test_the_promises_are_those_of_the_docs() -> None:
    assert (KEPT, KEPT_UNKNOWN, KEPT_THROUGH_FAILURE) == (60, 10, 600)


def test_a_record_is_read_once_in_a_minute() -> None:
    given = Given()
    key = given.place.add()
    for _ in range(3):
        assert given.record(key.id) == given.place.there[key.id]
    given.clock.now += KEPT - 0.1
    given.record(key.id)
    assert given.reads == 1
    given.clock.now += 0.1
    given.record(key.id)
    assert given.reads == 2


@pytest.mark.parametrize("whole", [False, True])
def test_a_change_counts_within_a_minute(whole: bool) -> None:  # noqa: FBT001 - a case
    given = Given(whole=whole)
    key = given.place.add()
    given.record(key.id)
    given.place.there[key.id] = Record(key.id, key.sha256, "acme", "nightly", 1, revoked=2)
    given.clock.now += KEPT
    found = given.record(key.id)
    assert found
    assert found.revoked == 2


def test_a_key_that_is_deleted_is_unknown_within_a_minute() -> None:
    given = Given()
    key = given.place.add()
    given.record(key.id)
    given.place.there.clear()
    given.clock.now += KEPT
    assert given.record(key.id) is None


def test_a_key_that_is_deleted_does_not_come_back_through_a_failure() -> None:
    given = Given()
    key = given.place.add()
    given.record(key.id)
    given.place.there.clear()
    given.clock.now += KEPT
    given.record(key.id)
    given.place.fault = AwsUnavailable("down")
    assert given.record(key.id) is None
    assert given.reads == 2
    given.clock.now += KEPT_UNKNOWN
    with pytest.raises(KeysUnavailable):
        given.record(key.id)


def test_an_unknown_id_is_looked_up_once_in_ten_seconds() -> None:
    given = Given()
    assert given.record("nobody") is None
    given.clock.now += KEPT_UNKNOWN - 0.1
    assert given.record("nobody") is None
    assert given.reads == 1
    given.clock.now += 0.1
    given.record("nobody")
    assert given.reads == 2


def test_a_key_that_is_made_after_it_was_refused_counts_within_ten_seconds() -> None:
    given = Given()
    key = given.place.add()
    record = given.place.there.pop(key.id)
    assert given.record(key.id) is None
    given.place.there[key.id] = record
    given.clock.now += KEPT_UNKNOWN
    assert given.record(key.id) == record


def test_all_ids_of_one_text_are_read_at_once() -> None:
    """Whoever makes ids up causes no read of a secret for each."""
    given = Given(whole=True)
    keys = [given.place.add() for _ in range(3)]
    assert all(given.record(key.id) for key in keys)
    assert [given.record(key_id) for key_id, _ in zip(ids(), range(100), strict=False)] == [None] * 100
    assert given.reads == 1


def test_unknown_ids_push_no_record_out() -> None:
    given = Given()
    key = given.place.add()
    given.record(key.id)
    for number in range(MAX_UNKNOWN + MAX_KNOWN):
        given.record(str(number))
    reads = given.reads
    given.record(key.id)
    assert given.reads == reads
    assert len(given.kept._unknown._held) == MAX_UNKNOWN


def test_of_too_many_records_the_least_recently_used_leaves() -> None:
    given = Given()
    first, second = given.place.add(), given.place.add()
    given.record(first.id)
    given.record(second.id)
    for _ in range(MAX_KNOWN - 2):
        given.record(given.place.add().id)
    given.record(first.id)
    given.record(given.place.add().id)
    reads = given.reads
    given.record(first.id)
    assert given.reads == reads
    given.record(second.id)
    assert given.reads == reads + 1
    assert len(given.kept._known._held) == MAX_KNOWN


FAULTS = [AwsUnavailable("down"), AwsThrottled("often"), AwsError("AccessDenied", 400, "no"), KeysUnreadable("garbled")]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_record_that_is_known_holds_ten_minutes_through_a_failure(fault: Exception) -> None:
    given = Given()
    key = given.place.add()
    read = given.clock()
    given.record(key.id)
    given.place.fault = fault
    while given.clock.now < read + KEPT_THROUGH_FAILURE:
        assert given.record(key.id) == given.place.there[key.id]
        given.clock.now += 5
    with pytest.raises(KeysUnavailable):
        given.record(key.id)
    given.place.fault = None
    given.clock.now += SILENCE
    assert given.record(key.id) == given.place.there[key.id]


def test_ten_minutes_are_over_also_in_the_pause_between_two_reads() -> None:
    given = Given()
    key = given.place.add()
    given.record(key.id)
    given.place.fault = AwsUnavailable("down")
    given.clock.now += KEPT_THROUGH_FAILURE - PAUSE / 2
    assert given.record(key.id)
    given.clock.now += PAUSE / 2
    with pytest.raises(KeysUnavailable):
        given.record(key.id)


def test_through_a_failure_a_place_is_asked_every_ten_seconds() -> None:
    given = Given()
    key = given.place.add()
    given.record(key.id)
    given.place.fault = AwsUnavailable("down")
    given.clock.now += KEPT
    given.record(key.id)
    for _ in range(3):
        given.record(key.id)
        given.clock.now += PAUSE / 3 - 0.01
    assert given.reads == 2
    given.clock.now += 1
    given.record(key.id)
    assert given.reads == 3


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_an_unknown_key_is_unavailable_while_the_place_does_not_answer(fault: Exception) -> None:
    """Refused with 503, not 401: nobody knows whether it is good."""
    given = Given()
    given.place.fault = fault
    with pytest.raises(KeysUnavailable):
        given.record("somebody")


def test_a_key_that_was_unknown_is_not_refused_by_that_for_long() -> None:
    given = Given()
    given.record("somebody")
    given.place.fault = AwsUnavailable("down")
    given.clock.now += KEPT_UNKNOWN
    with pytest.raises(KeysUnavailable):
        given.record("somebody")


def test_a_silent_place_is_asked_once_in_a_second_and_the_log_has_one_line(caplog: pytest.LogCaptureFixture) -> None:
    given = Given()
    given.place.fault = AwsUnavailable("down")
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            with pytest.raises(KeysUnavailable):
                given.record("somebody")
    assert given.reads == 1
    assert len(caplog.records) == 1
    given.clock.now += SILENCE
    with pytest.raises(KeysUnavailable):
        given.record("somebody")
    assert given.reads == 2


def test_a_read_has_two_seconds_and_half_of_what_is_left() -> None:
    given = Given()
    given.record("a", left=30)
    given.record("b", left=1)
    assert given.place.timeouts == [LONGEST_READ, 0.5]


def test_a_request_without_time_reads_nothing_and_silences_nobody() -> None:
    given = Given()
    key = given.place.add()
    with pytest.raises(KeysUnavailable):
        given.record(key.id, left=0)
    assert given.reads == 0
    assert given.record(key.id)


def test_two_who_ask_at_once_read_once() -> None:
    """The second waits for its turn, and finds what the first has read."""
    given = Given()
    key = given.place.add()
    second = given.kept.record(key.id, given.clock() + 30)
    question = next(second)
    assert isinstance(question, OneAtATime)
    given.record(key.id)
    assert hold(question.conversation) is not None
    assert given.reads == 1


def test_ids_that_are_made_up_wait_in_a_bounded_number_of_lines() -> None:
    """A carrier keeps a lock for each."""
    given = Given()
    lines = set()
    for key_id, _ in zip(ids(), range(2000), strict=False):
        question = next(given.kept.record(key_id, given.clock() + 30))
        assert isinstance(question, OneAtATime)
        lines.add(question.key)
    assert len(lines) == LINES


def test_waiting_longer_than_the_request_has_is_unavailable() -> None:
    """BlockingCarrier raises TimeoutError where a lock does not come free."""
    given = Given()
    conversation = given.kept.record("a", given.clock() + 30)
    next(conversation)
    with pytest.raises(KeysUnavailable):
        conversation.throw(TimeoutError())
