"""Connections that have ended between calls cost no GET its answer, and no POST is ever made twice.

`make test` makes 30 calls of each kind; FANIN_KEPT=300 makes more.
"""

import os
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.contract.ask import Ask, Question
from tests.faults.process import FaultServer, serving

CALLS = int(os.environ.get("FANIN_KEPT", "30"))
ENDS = ("close", "reset", "late-close", "late-reset", "silent")
PAUSE = 0.05
"""Seconds in which the end of a connection arrives."""

TOML = """
[sources.get]
url = "{url}{{how}}/{{id}}"
timeout = "1s"
[sources.post]
url = "{url}{{how}}/{{id}}"
method = "POST"
body = {{ id = "{{id}}" }}
timeout = "400ms"
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
    with serving(TOML.format(url=faults.url("kept")), tmp_path_factory.mktemp("kept")) as served:
        yield served


def seen(faults: FaultServer) -> dict[str, int]:
    """Ask how often each request has come."""
    counts: dict[str, int] = httpx.get(faults.url("kept", "seen")).json()
    return counts


@pytest.mark.parametrize("function", ["gateway", "sync"])
@pytest.mark.parametrize("how", ENDS)
def test_no_get_fails(functions: dict[str, Ask], function: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closed, reset or silent, at once or when the request has come: a new connection answers."""
    monkeypatch.setattr("fanin.sources.repeatable.TRUSTED_SECONDS", 0.0)
    outcomes = [functions[function](Question(f"/get/{how}/{function}{call}")).sources["get"] for call in range(CALLS)]
    assert outcomes == ["fresh"] * CALLS


@pytest.mark.parametrize("function", ["gateway", "sync"])
@pytest.mark.parametrize("how", ENDS)
def test_no_post_is_made_twice(functions: dict[str, Ask], faults: FaultServer, function: str, how: str) -> None:
    """It may fail, where the end of its connection had not arrived yet."""
    calls = CALLS // 3 if how == "silent" else CALLS
    functions[function](Question(f"/get/{how}/before"))  # takes a silent connection out, if a test has left one
    for call in range(calls):
        functions[function](Question(f"/post/{how}/{function}{call}"))
        time.sleep(PAUSE)
    made = {request: count for request, count in seen(faults).items() if request.startswith(f"POST {how}/{function}")}
    assert set(made.values()) == {1}


@pytest.mark.parametrize("function", ["gateway", "sync"])
def test_a_slow_source_is_asked_once(functions: dict[str, Ask], faults: FaultServer, function: str) -> None:
    """A connection that was used a moment ago is alive: its silence is no reason to ask a second time."""
    for call in range(2):
        functions[function](Question(f"/get/slow/{function}{call}"))
    made = [count for request, count in seen(faults).items() if request.startswith(f"GET slow/{function}")]
    assert set(made) == {1}
