"""fanin.compose.front_door: how long finding out who asks may take, and which addresses are asked for it."""

import asyncio
import ssl
from collections.abc import Awaitable, Generator
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
from fanin.errors import RequestError
from fanin.sources.reach import Reach
from tests.resolving import Forbidding

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


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("blocking", [False, True])
def test_an_issuer_may_have_a_private_address_only_if_its_table_says_so(*, private: bool, blocking: bool) -> None:
    """Of the two ways to addresses, it is asked by its own."""
    told = 'jwt = { issuer = "https://login.example", audience = "api", private = PRIVATE }'
    config = parse(FILE.replace("authorizer = {}", told.replace("PRIVATE", str(private).lower())), {})
    around = Around({}, redaction_of({}), place_of({}), lambda: NOW, lambda: 0.0)
    resolvers: Any = {True: Forbidding(), False: Forbidding()}
    door = front_door.front_door(config.callers, around, Reach(resolvers, _tls, lambda: NOW), _nothing, _nothing)
    request = ClientRequest({}, {"authorization": "Bearer a.b.c"}, b"", query=[])
    asked = config.endpoints["version"], request, Invocation("id", NOW + 5)

    def admitted() -> Caller | None:
        assert door.admit
        assert door.admit_blocking
        return door.admit_blocking(*asked) if blocking else asyncio.run(_awaited(door.admit(*asked)))

    with pytest.raises(RequestError) as refused:
        admitted()
    assert refused.value.status == 503
    assert {private: resolver.asked for private, resolver in resolvers.items()} == {private: 1, not private: 0}


async def _awaited(admitted: Awaitable[Caller | None]) -> Caller | None:
    return await admitted


def _tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _nothing(*_: Any) -> Any:
    """Stand for what nobody asks."""
