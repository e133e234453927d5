"""Every fault of an answer, read without sockets: it comes to what a call of it may come to, after so many bytes."""

import pytest

from fanin.engine.call import Response
from fanin.errors import SourceError
from fanin.sources.http.answer import HEAD_LIMIT, Answer
from fanin.sources.http.body import Body
from fanin.sources.http.chunks import FRAMING_LIMIT
from fanin.sources.http.failures import Broken, unreachable
from fanin.sources.http.head import joined
from fanin.sources.meaning import decoded
from tests.faults.faults import BROKEN_OFF, BY_PATH, FRESH, TIMEOUT, Script
from tests.unit.scenario import config_of

CAP = 1_000_000
SOURCE = config_of('[sources.a]\nurl = "https://a.example"\n[endpoints]\n').sources["a"]
READ = 16_384
"""Bytes of one read of a socket."""
WAITS = "source-timeout"
"""What becomes of a call whose answer does not go on: its time ends."""
CLOSED = {name for name in BROKEN_OFF if name.startswith("close")}
SCRIPTS = {
    name: fault.play
    for name, fault in BY_PATH.items()
    if isinstance(fault.play, Script) and name not in BROKEN_OFF.keys() - CLOSED
}
"""All but those that are of the connection: its reset, and pieces that come apart."""


class Reading:
    """Reads one answer as both clients do, and counts the bytes."""

    def __init__(self) -> None:
        self.answer = Answer("GET")
        self.body: Body | None = None
        self.taken = 0

    def feed(self, data: bytes) -> None:
        for start in range(0, len(data), READ):
            if self.answer.complete:
                return
            piece = data[start : start + READ]
            self.taken += len(piece)
            parts = self.answer.feed(piece)
            if self.body is None and self.answer.head is not None:
                coding = joined(self.answer.head.fields).get("content-encoding", "")
                self.body = Body("a", coding, CAP)
            for part in parts:
                assert self.body
                self.body.feed(part)

    def outcome(self) -> str:
        assert self.answer.head
        assert self.body
        response = Response(self.answer.head.status, joined(self.answer.head.fields), self.body.whole())
        decoded(SOURCE, response)
        return "fresh"


def comes_to(script: Script, reading: Reading, most: int) -> str:
    """Read what a script says, up to so many bytes, and name the outcome."""
    try:
        reading.feed(script.said)
        while script.more and not reading.answer.complete and reading.taken < most:
            reading.feed(script.more * (READ // len(script.more) + 1))
        if not reading.answer.complete and not script.ends:
            return WAITS
        reading.answer.end()
        return reading.outcome()
    except Broken as error:
        return unreachable("a", error).problem
    except SourceError as error:
        return error.problem


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_fault_comes_to_what_it_may_come_to(name: str) -> None:
    """What drips does so for as long as a call may take, and longer."""
    script, may = SCRIPTS[name], BY_PATH[name].comes_to
    if may == TIMEOUT and script.more:
        reading = Reading()
        reading.feed(script.said + script.more * 20)
        assert not reading.answer.complete
    else:
        assert comes_to(script, Reading(), 20 * CAP) in may


@pytest.mark.parametrize("name", [name for name, script in SCRIPTS.items() if script.more and name != "drip-body"])
def test_what_has_no_end_is_given_up_at_its_limit(name: str) -> None:
    """Not a read later: the cap of the body, and the limits of what is not body."""
    reading = Reading()
    assert comes_to(SCRIPTS[name], reading, 20 * CAP) != WAITS
    assert reading.taken <= 2 * CAP + HEAD_LIMIT + FRAMING_LIMIT + 2 * READ


def test_the_good_ones_are_among_them() -> None:
    """So that a reading which refuses everything does not pass."""
    assert sum(BY_PATH[name].comes_to == FRESH for name in SCRIPTS) >= 10
