"""The load generator against servers whose answers are known."""

import asyncio
from asyncio import StreamWriter
from collections.abc import Callable
from functools import partial

from benchmarks.load import LOST, Closed, Load, Open, closed, open_loop

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


async def load(answer: Callable[[StreamWriter], None], wanted: Closed | Open) -> Load:
    async def serve(reader: asyncio.StreamReader, writer: StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        return await (closed(port, "/", wanted) if isinstance(wanted, Closed) else open_loop(port, "/", wanted))


def test_answers_are_counted_whatever_their_framing() -> None:
    framings = [
        ANSWER,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nCONTENT-LENGTH: 0\r\n\r\n",
    ]
    for framing in framings:
        found = asyncio.run(load(partial(StreamWriter.write, data=framing), Closed(2, 0, 0.1)))
        assert set(found.statuses) == {200}
        assert found.statuses[200] > 2
        assert len(found.latencies_ms) == found.statuses[200]


def test_an_answer_in_pieces_is_one_answer() -> None:
    def pieces(writer: StreamWriter) -> None:
        writer.write(ANSWER[:30])
        asyncio.get_running_loop().call_later(0.01, writer.write, ANSWER[30:])

    found = asyncio.run(load(pieces, Closed(1, 0, 0.2)))
    assert 0 < found.statuses[200] <= 20


def test_a_server_that_closes_behind_each_answer_is_asked_again() -> None:
    def once(writer: StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    found = asyncio.run(load(once, Closed(2, 0, 0.2)))
    assert found.statuses[200] > 2
    assert LOST not in found.statuses


def test_connections_that_end_without_an_answer_are_failures() -> None:
    found = asyncio.run(load(lambda writer: writer.close(), Closed(1, 0, 0.1)))
    assert set(found.statuses) == {LOST}
    assert found.latencies_ms == []


def test_other_statuses_are_no_latencies() -> None:
    said = ANSWER.replace(b"200 OK", b"503 No")
    found = asyncio.run(load(lambda writer: writer.write(said), Closed(1, 0, 0.1)))
    assert set(found.statuses) == {503}
    assert found.latencies_ms == []


def test_a_client_that_waits_at_the_end_is_said_to_wait() -> None:
    found = asyncio.run(load(lambda _: None, Closed(3, 0, 0.1)))
    assert found.statuses == {}
    assert found.unanswered == 3


def test_in_an_open_loop_the_waiting_of_requests_behind_a_slow_one_counts() -> None:
    """A server that answers one request at a time: with closed-loop clients alone, most of the waiting is unseen."""
    busy_until = 0.0

    def one_at_a_time(writer: StreamWriter) -> None:
        nonlocal busy_until
        loop = asyncio.get_running_loop()
        busy_until = max(busy_until, loop.time()) + 0.02
        loop.call_at(busy_until, writer.write, ANSWER)

    found = asyncio.run(load(one_at_a_time, Open(rate=200, seconds=0.5, limit=10)))
    requests = len(found.latencies_ms)
    assert requests == found.statuses[200] > 60
    assert found.unanswered == 0
    assert max(found.latencies_ms) > 0.6 * (requests * 20 - 500)


def test_in_an_open_loop_nothing_unanswered_is_left_out() -> None:
    found = asyncio.run(load(lambda _: None, Open(rate=100, seconds=0.2, limit=0.1)))
    assert found.latencies_ms == []
    assert found.unanswered > 5
