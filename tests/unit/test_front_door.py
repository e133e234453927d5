"""fanin.compose.front_door: how long finding out who asks may take."""

from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import pytest

from fanin.callers.bounds import IN_ALL
from fanin.callers.kinds import Around
from fanin.compose import front_door
from fanin.config import parse
from fanin.credentials.secrets.places import place_of
from fanin.credentials.secrets.redaction import redaction_of
from fanin.engine.caller import Caller
from fanin.engine.catalogue import ClientRequest
from fanin.engine.invocation import Invocation

FILE = """fanin = 1
caller = "staff"
[callers.staff]
authorizer = {}
[sources.version]
value = "1"
[endpoints.version]
path = "/version"
sources = ["version"]
"""
NOW = 100.0


@pytest.mark.parametrize(("left", "ends"), [(2.0, NOW + 2.0), (29.0, NOW + IN_ALL)])
def test_it_takes_what_the_request_has_left_and_no_longer_than_the_bound(
    left: float, ends: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def identify(*asked: Any) -> Generator[Any, Any, Caller]:
        given.append(asked[-1])
        yield from ()
        return Caller("staff")

    monkeypatch.setattr(front_door, "identify_of", lambda *_: identify)
    config = parse(FILE, {})
    around = Around({}, redaction_of({}), place_of({}), lambda: NOW, lambda: 0.0)
    reach: Any = SimpleNamespace(clock=lambda: NOW)
    door = front_door.front_door(config.callers, around, reach, _nothing, _nothing)
    assert door.admit_blocking
    request = ClientRequest({}, {}, b"", query=[])
    caller = door.admit_blocking(config.endpoints["version"], request, Invocation("id", NOW + left))
    assert caller == Caller("staff")
    assert given == [ends]


def _nothing(*_: Any) -> Any:
    """Stand for what nobody asks."""
