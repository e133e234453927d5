"""Connections that have ended between calls cost no GET its answer, and no POST is ever made twice.

`make test` makes 30 calls of each kind; FANIN_KEPT=300 makes more.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest

from tests.contract.ask import Ask, Question
from tests.faults.process import FaultServer, serving
from tests.faults.server import SLOW

CALLS = int(os.environ.get("FANIN_KEPT", "30"))
TIMEOUT = 10
"""Seconds of a GET."""
ENDS = ("close", "reset", "late-close", "late-reset", "silent")

TOML = """
[sources.get]
url = "{url}{{how}}/{{id}}"
timeout = "{timeout}s"
[sources.post]
url = "{url}{{how}}/{{id}}"
method = "POST"
body = {{ id = "{{id}}" }}
timeout = "200ms"
[endpoints.get]
path = "/get/{{how}}/{{id}}"
sources = ["get"]
[endpoints.post]
path = "/post/{{how}}/{{id}}"
sources = ["post"]
"""


@pytest.fixture(scope="module")
def functions(faults: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    """Serve one GET and one POST."""
    with serving(TOML.format(url=faults.url("kept"), timeout=TIMEOUT), tmp_path_factory.mktemp("kept")) as served:
        yield served


def seen(faults: FaultServer) -> dict[str, int]:
    """Ask how often each request has come."""
    connection = HTTPConnection("127.0.0.1", faults.ports["kept"], timeout=5)
    connection.request("GET", "/seen")
    counts: dict[str, int] = json.load(connection.getresponse())
    connection.close()
    return counts


def calls_of(how: str) -> int:
    """Give the number of calls; a silent one takes its time, so that there are fewer unless they are asked for."""
    return CALLS // 5 if how == "silent" and CALLS < 100 else CALLS


@contextmanager
def second_connection_after(seconds: float, *, trusted: float | None = None) -> Iterator[None]:
    """Have a GET on a kept connection get a second one so soon; it trusts one for so long that was in use."""
    with pytest.MonkeyPatch.context() as patch:
        if trusted is not None:
            patch.setattr("fanin.sources.http.repeatable.TRUSTED_SECONDS", trusted)
        for client in ("loop.client", "blocking_fetch"):
            patch.setattr(f"fanin.sources.http.{client}.SECOND_CONNECTION_AFTER", seconds / TIMEOUT)
        yield


def take_out(ask: Ask, how: str) -> None:
    """Take silent connections out that other tests have left to die."""
    with second_connection_after(0.5, trusted=0.0):
        for _ in range(2):
            ask(Question(f"/get/{how}/before"))


@pytest.mark.parametrize("function", ["gateway", "sync"])
@pytest.mark.parametrize("how", ENDS)
def test_no_get_fails(functions: dict[str, Ask], function: str, how: str) -> None:
    """Closed, reset or silent, at once or when the request has come: a new connection answers."""
    calls = calls_of(how)
    with second_connection_after(0.5, trusted=0.0):
        outcomes = [
            functions[function](Question(f"/get/{how}/{function}{call}")).sources["get"] for call in range(calls)
        ]
    assert outcomes == ["fresh"] * calls


@pytest.mark.parametrize("function", ["gateway", "sync"])
@pytest.mark.parametrize("how", ENDS)
def test_no_post_is_made_twice(functions: dict[str, Ask], faults: FaultServer, function: str, how: str) -> None:
    """It may fail, where the end of its connection had not arrived yet."""
    calls = calls_of(how)
    take_out(functions[function], how)
    for call in range(calls):
        functions[function](Question(f"/post/{how}/{function}{call}"))
        seen(faults)  # by then the server has ended the connection
    made = {request: count for request, count in seen(faults).items() if request.startswith(f"POST {how}/{function}")}
    assert set(made.values()) == {1}


@pytest.mark.parametrize("function", ["gateway", "sync"])
def test_a_slow_source_is_asked_once(functions: dict[str, Ask], faults: FaultServer, function: str) -> None:
    """A connection that was used a moment ago is alive: its silence is no reason to ask a second time."""
    take_out(functions[function], "slow")
    with second_connection_after(SLOW / 4):
        for call in range(2):
            functions[function](Question(f"/get/slow/{function}{call}"))
    made = [count for request, count in seen(faults).items() if request.startswith(f"GET slow/{function}")]
    assert set(made) == {1}
