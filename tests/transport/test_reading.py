"""Odd answers are read in one way, strictly, however the connection cuts them; what is taken is read alike by others.

`make test` reads some hundred mutants of them; FANIN_MUTANTS=6000 makes more.
"""

import itertools
import os
import random
import re
from typing import Any

import h11
import pytest

from fanin.sources.http.answer import Answer
from fanin.sources.http.failures import Broken, ClosedUnanswered, CutShort, Malformed, TooMuch
from tests.transport.odd_answers import CUT, REFUSED, Good, Reading, mutants, odd_answers

MUTANTS = int(os.environ.get("FANIN_MUTANTS", "600"))
SEED = 9112
H11_REFUSES = re.compile(rb"\r\n[0-9A-Fa-f]+[\t ]+;")
"""White space before a chunk's extensions, which RFC 9112, section 7.1.1, has every recipient parse."""
ODD = odd_answers()


def reading(wire: bytes, method: str = "GET", cuts: tuple[int, ...] = ()) -> Reading:
    """Read an answer whose connection then ends, from pieces that end at the cuts."""
    answer, parts = Answer(method), []
    edges = (0, *cuts, len(wire))
    try:
        for start, end in itertools.pairwise(edges):
            if start < end:
                parts += answer.feed(wire[start:end])
    except Malformed:
        return REFUSED
    keep = answer.keep and answer.complete
    try:
        answer.end()
    except (CutShort, ClosedUnanswered):
        return CUT
    assert answer.head
    return Good(b"".join(parts), keep, answer.head.status)


def byte_by_byte(wire: bytes) -> tuple[int, ...]:
    """Cut at each byte of what is not too long for that."""
    return tuple(range(1, len(wire))) if len(wire) < 20_000 else tuple(range(1, len(wire), 997))


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_is_read_in_one_way(name: str) -> None:
    """In one piece and byte by byte."""
    odd = ODD[name]
    assert reading(odd.wire, odd.method) == odd.reading
    in_bytes = reading(odd.wire, odd.method, byte_by_byte(odd.wire))
    if isinstance(odd.reading, Good):  # what is behind the end has not come when the connection is given back
        assert isinstance(in_bytes, Good)
        assert (in_bytes.body, in_bytes.status) == (odd.reading.body, odd.reading.status)
    else:
        assert in_bytes == odd.reading


def test_there_are_enough_of_them() -> None:
    """As many as two readers once disagreed about 80 of, and no two alike."""
    assert len(ODD) >= 455
    assert len({(odd.wire, odd.method) for odd in ODD.values()}) > 0.95 * len(ODD)


def test_a_mutant_is_read_in_one_way_however_it_is_cut() -> None:
    """And ends as a reading or as a failure of a known kind."""
    randomness = random.Random(SEED)
    refused = 0
    for wire in mutants(MUTANTS, SEED):
        whole = reading(wire)
        refused += whole == REFUSED
        for _ in range(3):
            cuts = tuple(sorted(randomness.sample(range(len(wire) + 1), min(len(wire), randomness.randint(1, 12)))))
            cut = reading(wire, cuts=cuts)
            if isinstance(whole, Good) and isinstance(cut, Good):
                assert (whole.body, whole.status) == (cut.body, cut.status), wire
            else:
                assert whole == cut, (wire, cuts)
    assert 0.2 * MUTANTS < refused < 0.95 * MUTANTS, "mutants should be near the border"


def by_h11(wire: bytes, method: str = "GET") -> tuple[int, bytes]:
    """Read an answer with h11, which nobody here wrote."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=100_000)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "a.example")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(wire)
    connection.receive_data(b"")
    status, parts = 0, []
    while True:
        event: Any = connection.next_event()
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            parts.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            return status, b"".join(parts)
        elif not isinstance(event, h11.InformationalResponse):
            raise h11.RemoteProtocolError(repr(event))


def test_what_is_taken_is_read_alike_by_h11() -> None:
    """Every odd answer and every mutant: what others would read in another way is refused here."""
    taken = 0
    wires = [(odd.wire, odd.method) for odd in ODD.values()] + [(mutant, "GET") for mutant in mutants(MUTANTS, SEED)]
    for wire, method in wires:
        read = reading(wire, method)
        if isinstance(read, Good) and not H11_REFUSES.search(wire):
            assert by_h11(wire, method) == (read.status, read.body), wire
            taken += 1
    assert taken > 100


WORST = {
    "spaces": b" " * 60_000,
    "tabs and spaces": b" \t" * 30_000,
    "colons": b":" * 60_000,
    "fields": b"X:" + b" " * 500 + b"\r\n",
    "returns": b"\r" * 60_000,
    "names": b"x" * 60_000,
    "semicolons": b";x" * 30_000,
    "quotes": b';x="' * 15_000,
    "escapes": b'5;x="' + b"\\" * 60_000,
    "digits": b"0" * 60_000,
}


@pytest.mark.parametrize(
    "before", [b"", b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX: ", b"chunks"]
)
@pytest.mark.parametrize("name", WORST)
def test_the_worst_case_of_every_expression_takes_no_time(name: str, before: bytes) -> None:
    """Each is linear: where one were not, these would take minutes."""
    for wire in (before + WORST[name], before + WORST[name] + b"\r\n\r\n", before + WORST[name] * 100):
        for behind in (b"", b"!\r\n\r\n", b"\r\n\x00\r\n\r\n"):
            reading(wire + behind)


@pytest.mark.parametrize("wire", [b"x" * 10, b"SSH-2.0", b"HTTP/2", b"HTTP/1.1 200 OK\n", b"HTTP/1.1 200 OK\r\nX: \0"])
def test_what_cannot_become_an_answer_is_refused_at_once(wire: bytes) -> None:
    """Its peer may be waiting for more of ours, and say no more."""
    with pytest.raises(Malformed):
        Answer("GET").feed(wire)


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
        b"HTTP/1.1 103 x\r\n\r\n" * 33,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 10_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 3000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"x" * 9000,
    ],
)
def test_what_carries_no_body_is_bounded(wire: bytes) -> None:
    """Heads, interim answers, chunk sizes and trailers, each with a limit."""
    with pytest.raises(TooMuch):
        Answer("GET").feed(wire)


def test_a_large_body_in_small_pieces_is_not_kept_twice() -> None:
    """The parts are handed out as they come, and nothing of them stays in the reader."""
    answer = Answer("GET")
    answer.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n")
    piece = b"x" * 4096
    for _ in range(255):
        (part,) = answer.feed(piece)
        assert part is piece
    assert not answer.complete


def test_every_failure_is_one_that_the_clients_know() -> None:
    assert all(issubclass(kind, Broken) for kind in (Malformed, TooMuch, CutShort, ClosedUnanswered))
