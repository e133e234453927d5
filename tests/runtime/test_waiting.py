"""How the runtime waits for events that come one at a time: without the loop, unless the loop has something to do."""

import asyncio
import os
import re
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import pytest

from fanin.entrypoints.aws_lambda.loop import FunctionLoop
from fanin.entrypoints.runtime import waiting
from fanin.entrypoints.runtime.api import Event, Invoked, RuntimeApi, RuntimeApiError
from fanin.entrypoints.runtime.slots import Slots
from fanin.entrypoints.runtime.waiting import BlockingWait
from fanin.entrypoints.runtime.wire import Wire

EVENT = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a\r\nContent-Length: 2\r\n\r\n{}"
OK = b'{"status":"OK"}'
TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n" + OK
CHUNKED = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n" + OK + b"\r\n0\r\n\r\n"
SOON = 0.05
"""Seconds after which the runtime waits for an event, most probably; if not, a test still passes."""


type Work = Callable[[int], Awaitable[object] | None]


class Lambda:
    """Lambda's side, in a thread.

    Args:
        events: how many there are; some may wait until they are handed over.
        waiting: of how many that is true, the last ones.
        said: what is said to each answer, each part by itself.
    """

    def __init__(self, events: int, waiting: int = 0, said: Sequence[bytes] = (TAKEN,)) -> None:
        self.left = events
        self.said = said
        self.asked = list[str]()
        self.answered = threading.Semaphore(0)
        self.hand_over = threading.Semaphore(events - waiting)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._listening.getsockname())
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def end(self) -> None:
        """End it, once its runtime has ended."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self.hand_over.release(len(self.asked) + self.left)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):  # it has ended, or the runtime has
            self._serve_all()

    def _serve_all(self) -> None:
        while True:
            connected, _ = self._listening.accept()
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connected, connected.makefile("rb") as reader:
                while line := reader.readline():
                    length = 0
                    while (header := reader.readline()).strip():
                        name, _, value = header.partition(b":")
                        length = int(value) if name == b"Content-Length" else length
                    reader.read(length)
                    self.asked.append(line.split()[0].decode())
                    if line.startswith(b"POST"):
                        self.answered.release()
                        for part in self.said:
                            connected.sendall(part)
                    elif self.left:
                        self.hand_over.acquire()
                        self.left -= 1
                        connected.sendall(EVENT)


class Runtime:
    """A slot that serves Lambda's events until there are none, or SIGTERM comes.

    Args:
        service: Lambda.
        clock: gives seconds.
        answer: what every event is answered with.
        last: whether nothing is done behind it.
    """

    def __init__(
        self, service: Lambda, clock: Callable[[], float] = lambda: 0.0, answer: bytes = b"{}", *, last: bool = False
    ) -> None:
        self._service = service
        self._answer = answer
        self._last = last
        self._loop = FunctionLoop()
        self._clock = clock
        self.turns_before = list[int]()
        """How often the loop has turned before each event."""
        self.waits = list[int]()
        """How many connections have ended each wait; 0 where that took too long."""

    def run(self, work: Work = lambda _: None, behind: Work = lambda _: None) -> None:
        """Run; invocations do `work`, told how many events are left, and what is `behind` once they are answered."""
        service, turns, select = self._service, 0, self._loop.watches.select

        def counted(timeout: float | None = None) -> object:
            nonlocal turns
            turns += 1
            return select(timeout)

        async def serve(event: Event, api: RuntimeApi, _: Callable[[], None]) -> None:
            self.turns_before.append(turns)
            if waits := work(service.left):
                await waits
            await api.respond(Invoked.of(event), self._answer, last=self._last)
            if waits := behind(service.left):
                await waits
            if not service.left:
                slots.end()

        self._loop.watches.select = counted  # type: ignore[method-assign, assignment]
        blocking = BlockingWait(self._loop, self._clock)
        poll = blocking._poll.poll

        class Noted:
            """Notes what ended each wait."""

            register, unregister = blocking._poll.register, blocking._poll.unregister

            @staticmethod
            def poll(milliseconds: float) -> None:
                self.waits.append(len(poll(milliseconds)))

        blocking._poll = Noted  # type: ignore[assignment]
        slots = Slots(serve, lambda: RuntimeApi(service.address, blocking), 1, alone=True)
        try:
            self._loop.run_until_complete(slots.run())
        finally:
            self._loop.close()
            service.end()


def test_invocations_that_wait_for_nothing_do_not_turn_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_LONGEST", 15.0)
    runtime = Runtime(service := Lambda(50))
    runtime.run()
    assert len(set(runtime.turns_before[2:])) == 1
    assert service.asked == ["GET", "POST"] * 50


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[bytes]]:
    """The methods of what went out in one piece each, as it happens."""
    pieces = list[list[bytes]]()
    send = Wire.send

    async def noted(self: Wire, data: bytes) -> None:
        pieces.append(re.findall(rb"(GET|POST) /", data))
        await send(self, data)

    monkeypatch.setattr(Wire, "send", noted)
    return pieces


@pytest.mark.parametrize(("answer", "together"), [(b"{}", True), (b"a" * 20_000, False)])
def test_an_answer_that_is_the_last_thing_goes_out_with_the_next_question(
    answer: bytes, *, together: bool, sent: list[list[bytes]]
) -> None:
    """If it is small: then it needs no wait."""
    Runtime(service := Lambda(5), answer=answer, last=True).run()
    assert sent[:2] == [[b"GET"], [b"POST"]]  # how long Lambda's word on an answer is, the first one tells
    assert ([b"POST", b"GET"] in sent) is together
    assert service.asked == ["GET", "POST"] * 5


def test_an_answer_waits_for_nothing_that_goes_on_behind_it() -> None:
    service, seen = Lambda(4), list[bool]()

    async def behind(_: int) -> None:
        seen.append(await asyncio.to_thread(service.answered.acquire, timeout=10))

    Runtime(service, last=True).run(behind=behind)
    assert seen == [True] * 4


def soon(do: Callable[[], object]) -> None:
    threading.Timer(SOON, do).start()


def test_what_an_invocation_leaves_in_the_loop_is_done_before_the_next_event() -> None:
    """However many turns that takes: an invocation that has turned the loop leaves the waiting to it."""
    seen = list[str]()

    async def work(left: int) -> None:
        seen.append(f"event {left}")
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, loop.call_soon, seen.append, f"done {left}")
        await asyncio.sleep(0)
        if left:
            soon(service.hand_over.release)

    Runtime(service := Lambda(4, waiting=3)).run(work)
    assert seen == ["event 3", "done 3", "event 2", "done 2", "event 1", "done 1", "event 0"]


@pytest.mark.parametrize("how", ["a connection", "a thread", "a signal"])
def test_what_the_loop_watches_gets_its_turn_while_an_event_is_waited_for(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a connection that an API ends. The event comes once that has had its turn."""
    monkeypatch.setattr(waiting, "_LONGEST", 15.0)
    ours, theirs = socket.socketpair()
    seen = list[str]()

    def turn() -> None:
        seen.append("turn")
        asyncio.get_running_loop().remove_reader(ours)
        service.hand_over.release()

    def work(left: int) -> None:
        seen.append(f"event {left}")
        loop = asyncio.get_running_loop()
        if left == 1 and how == "a connection":
            loop.add_reader(ours, turn)
            soon(theirs.close)
        elif left == 1 and how == "a thread":
            soon(lambda: loop.call_soon_threadsafe(turn))
        elif left == 1:
            loop.add_signal_handler(signal.SIGUSR1, turn)
            soon(lambda: os.kill(os.getpid(), signal.SIGUSR1))

    with ours, theirs:
        (runtime := Runtime(service := Lambda(4, waiting=1))).run(work)
    assert 0 not in runtime.waits
    assert seen == ["event 3", "event 2", "event 1", "turn", "event 0"]


def test_sigterm_ends_it_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_LONGEST", 15.0)
    service = Lambda(4, waiting=1)

    def work(left: int) -> None:
        if left == 1:
            soon(lambda: os.kill(os.getpid(), signal.SIGTERM))

    (runtime := Runtime(service)).run(work)
    assert 0 not in runtime.waits
    assert service.asked == ["GET", "POST", "GET", "POST", "GET", "POST", "GET"]


def test_the_loop_gets_a_turn_each_second_even_if_nothing_needs_one() -> None:
    """Timers that were cancelled stay in it until then: those of a busy minute would be too many."""
    now = 0.0

    def work(_: int) -> None:
        nonlocal now
        now += 0.3

    runtime = Runtime(Lambda(41), lambda: now)
    runtime.run(work)
    turned = [before < after for before, after in zip(runtime.turns_before, runtime.turns_before[1:], strict=False)]
    assert any(turned[20:30])
    assert any(turned[30:])


def test_a_timer_that_is_due_is_called_while_no_event_comes() -> None:
    seen = list[str]()

    def due() -> None:
        seen.append("due")
        service.hand_over.release()

    def work(left: int) -> None:
        seen.append(f"event {left}")
        if left == 1:
            asyncio.get_running_loop().call_later(0.01, due)

    Runtime(service := Lambda(4, waiting=1)).run(work)
    assert seen == ["event 3", "event 2", "event 1", "due", "event 0"]


@pytest.mark.parametrize("said", [[TAKEN], [TAKEN[:20], TAKEN[20:]], [TAKEN[:-3], TAKEN[-3:]], [CHUNKED]])
def test_what_lambda_says_to_an_answer_may_come_in_any_form(said: Sequence[bytes]) -> None:
    Runtime(service := Lambda(9, said=said)).run()
    assert service.asked == ["GET", "POST"] * 9


def test_an_answer_that_came_in_pieces_says_nothing_of_how_the_next_ones_read() -> None:
    """What was read first of it is not the whole: the next answer would be taken to end there."""

    async def read(pieces: Sequence[bytes]) -> tuple[bytes, bytes]:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003 - its one way to say so
        with ours, theirs:
            wire, (first, *rest) = Wire(ours), pieces
            theirs.sendall(first)
            reading = asyncio.ensure_future(wire.answer("POST"))
            await asyncio.sleep(0)  # it has what was there, and waits for more
            for piece in rest:
                theirs.sendall(piece)
            said = await reading
            return said.body, said.short

    assert asyncio.run(read([TAKEN])) == (OK, TAKEN)
    assert asyncio.run(read([TAKEN[:-3], TAKEN[-3:]])) == (OK, b"")


def test_an_answer_that_lambda_does_not_take_ends_the_process_with_the_next_event() -> None:
    """What it says to an answer is read together with the next event."""
    service = Lambda(4)

    def work(left: int) -> None:
        if left == 1:
            service.said = [b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"]

    with pytest.raises(RuntimeApiError, match="/response answered with 413"):
        Runtime(service).run(work)
    assert service.asked == ["GET", "POST", "GET", "POST", "GET", "POST", "GET"]
