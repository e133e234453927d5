"""A trace is passed on to the sources that ask for it, by both clients, and to no other."""

from collections.abc import Iterator

import pytest

from tests.contract.ask import Ask, Question
from tests.faults.process import serving
from tests.faults.recorder import OK, Recorder

FUNCTIONS = ("gateway", "sync")
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=1"}
TOML = """
[sources.asks]
url = "{base}/asks"
trace_context = true
redirects = 1
[sources.does_not]
url = "{base}/not"
[endpoints.both]
path = "/both"
sources = ["asks", "does_not"]
"""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Recorder]:
    """Write down what comes to another origin."""
    with Recorder() as running:
        yield running


@pytest.fixture(scope="module")
def recorder(elsewhere: Recorder) -> Iterator[Recorder]:
    """Write down what comes; lead away who asks for it."""

    def answer(request: bytes) -> bytes:
        location = b"Location: http://127.0.0.1:%d/\r\n" % elsewhere.port
        away = b"HTTP/1.1 302 Found\r\n" + location + b"Content-Length: 0\r\n\r\n"
        return away if b"vendor=away" in request else OK

    with Recorder(answer) as running:
        yield running


@pytest.fixture(scope="module")
def functions(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    """Serve one source that asks for the trace, and one that does not."""
    toml = TOML.format(base=f"http://127.0.0.1:{recorder.port}")
    with serving(toml, tmp_path_factory.mktemp("trace")) as served:
        yield served


def sent(ask: Ask, recorder: Recorder, headers: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Ask, and give the headers that came to each source."""
    recorder.requests.clear()
    assert ask(Question("/both", headers=headers)).status == 200
    asks, does_not = sorted(recorder.requests)
    assert (asks.split()[1], does_not.split()[1]) == (b"/asks", b"/not")
    return fields(asks), fields(does_not)


def fields(request: bytes) -> dict[str, str]:
    """Read a request's headers."""
    _, *lines = request.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@pytest.mark.parametrize("function", FUNCTIONS)
class TestTrace:
    """From the caller to the wire."""

    def test_the_callers_trace_goes_on(self, functions: dict[str, Ask], recorder: Recorder, function: str) -> None:
        """With its state, and under a new id for each call."""
        first, other = sent(functions[function], recorder, CALLER)
        second, _ = sent(functions[function], recorder, CALLER)
        parents = [sent_headers["traceparent"].split("-") for sent_headers in (first, second)]
        assert [(version, trace, flags) for version, trace, _, flags in parents] == [("00", TRACE, "01")] * 2
        assert len({PARENT, *(parent for _, _, parent, _ in parents)}) == 3
        assert first["tracestate"] == "vendor=1"
        assert not {"traceparent", "tracestate", "x-request-id", "x-amzn-trace-id"} & set(other)

    def test_what_is_no_trace_is_not_passed_on(
        self, functions: dict[str, Ask], recorder: Recorder, function: str
    ) -> None:
        """A new one begins."""
        broken = {"traceparent": f"00-{TRACE}-{PARENT}-01\r\nX-Evil: 1", "tracestate": "vendor=1"}
        asks, _ = sent(functions[function], recorder, broken)
        assert TRACE not in asks["traceparent"]
        assert not {"tracestate", "x-evil"} & set(asks)

    def test_it_does_not_follow_to_another_origin(
        self, functions: dict[str, Ask], recorder: Recorder, elsewhere: Recorder, function: str
    ) -> None:
        """Which did not ask for it."""
        elsewhere.requests.clear()
        sent(functions[function], recorder, CALLER | {"tracestate": "vendor=away"})
        (request,) = elsewhere.requests
        assert "traceparent" not in fields(request)
