"""Hostile tokens at every way in: none is let in. Good ones are."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends

from fanin.callers.kinds import Around
from fanin.compose.front_door import front_door
from fanin.compose.gateway import THREADS, gateway
from fanin.compose.sync import sync
from fanin.config.reading import parse
from fanin.credentials.secrets.places import EnvironmentVariables
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.call import Runtime
from fanin.engine.front_door import FrontDoor
from fanin.entrypoints.fastapi.caller import Caller, caller
from fanin.local.layout import ROOT
from fanin.sources.address import AddressGuard
from fanin.sources.reach import Reach
from fanin.sources.resolve import Resolver
from fanin.testing.issuer import KEYS, Issuer
from tests.callers.jwt.hostile import hostile_ones
from tests.callers.jwt.tokens import AUDIENCE, ISSUER, NOW, TAKEN, good_ones, jwks
from tests.contract.ask import Ask, Question
from tests.contract.models import MODELS, here
from tests.functions import asgi, django_project, end
from tests.roots import tls_context
from tests.websocket.shaking import BehindApiGateway, UnderAsgi

FILE = """
fanin = 1
caller = "staff"
[jobs]
max_open = 1000
[callers.staff]
jwt = {{ issuer = "{issuer}", keys = "{keys}", audience = "{audience}", algorithms = {algorithms}, private = true }}
[sources.who]
compute = "caller.sub"
[endpoints.who]
path = "/who"
sources = ["who"]
"""
EVERY = 4
"""The part of the hostile tokens that each way in gets: every fourth, of each kind and algorithm."""
LEAST_HOSTILE, LEAST_GOOD = 300, 100

type LetIn = Callable[[str], bool]
"""Asks with a token, and tells whether it was let in; a refusal has to be one."""


class Theirs(Issuer):
    """Serves the keys that the tokens were signed with."""

    @property
    def jwks(self) -> dict[str, Any]:
        return dict(json.loads(jwks()))


router = APIRouter()


@router.get("/by-hand")
async def by_hand(who: Annotated[Caller, Depends(caller("staff"))]) -> dict[str, Any]:
    """Tell who asks, by a handler written by hand."""
    return {"who": who.claims["sub"]}


@pytest.fixture(scope="module")
def text() -> Iterator[str]:
    with Theirs().serving() as url:
        yield FILE.format(issuer=ISSUER, keys=url + KEYS, audience=AUDIENCE, algorithms=json.dumps(TAKEN))


@pytest.fixture(scope="module")
def asks(text: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    """Compose the functions with a clock of the tokens' time."""
    path = tmp_path_factory.mktemp("tokens") / "fanin.toml"
    path.write_text(text)
    own = {"FANIN_CONFIG": str(path), "FANIN_ALLOW": "127.0.0.0/8:*", THREADS: "on", "FANIN_JOBS": "memory"}
    environment = {**os.environ, **own}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fanin.compose.parts.Runtime", partial(Runtime, now=lambda: float(NOW)))
        app, django = gateway(Path(ROOT), environment, [router]), django_project(environment)
        handlers = {"sync": sync(ROOT, environment)}
        with asgi(app) as handlers["gateway"], asgi(django) as handlers["django"]:
            yield here(handlers)


def over_http(ask: Ask, question: Question) -> LetIn:
    def let_in(token: str) -> bool:
        asked = {**question.headers, "authorization": f"Bearer {token}"}
        reply = ask(Question(question.path, "", question.method, asked, question.body))
        if reply.status in {200, 202}:
            return True
        assert reply.status in {401, 431}, (reply.status, reply.content)
        assert b"ada" not in reply.content
        return False

    return let_in


OF_GATEWAY: Mapping[str, Question] = {
    "a stream": Question("/who", headers={"accept": "application/x-ndjson"}),
    "a handler written by hand": Question("/by-hand"),
    "a job": Question("/jobs", "", "POST", {"content-type": "application/json"}, b'{"endpoint": "who"}'),
    "an answer that is deferred": Question("/who", headers={"prefer": "respond-async"}),
    "a ticket": Question("/tickets", method="POST"),
}
MOST_TICKETS = 60
"""Tickets of one caller in a minute, and all good tokens are of one."""


@pytest.mark.parametrize("way", [*MODELS, *OF_GATEWAY])
def test_over_http(way: str, asks: dict[str, Ask]) -> None:
    question = OF_GATEWAY.get(way, Question("/who"))
    good = dict(good_ones())
    assert len(good) >= LEAST_GOOD
    if way == "a ticket":  # which holds for no longer than the token, without its skew
        good = {name: token for name, token in [*good.items()][:MOST_TICKETS] if "just expired" not in name}
    judge(over_http(asks[way if way in asks else "gateway"], question), good)


def opening(text: str, clock: Any) -> FrontDoor:
    guard = AddressGuard("127.0.0.0/8:*")
    resolvers = {private: Resolver(guard, private=private) for private in (False, True)}
    around = Around({}, Redaction(), EnvironmentVariables({}), clock, lambda: float(NOW))
    return front_door(parse(text, {}).callers, around, Reach(resolvers, tls_context, clock), _no_aws, _no_aws)


def _no_aws() -> Any:
    raise NotImplementedError


@pytest.mark.parametrize("by", ["header", "subprotocol"])
@pytest.mark.parametrize("way", ["under ASGI", "behind API Gateway"])
def test_over_websocket(way: str, by: str, text: str) -> None:
    config, open_door = parse(text, {}), partial(opening, text)
    made: Any = (
        UnderAsgi(config, open_door) if way == "under ASGI" else BehindApiGateway(lambda: NOW, config, open_door)
    )

    def let_in(token: str) -> bool:
        in_header = {"Authorization": f"Bearer {token}"}
        shaken = made.connect(
            in_header if by == "header" else {"Sec-WebSocket-Protocol": f"fanin, fanin.bearer.{token}"}
        )
        assert shaken.status in {101, 401, 431}, shaken
        return bool(shaken.status == 101)

    try:
        judge(let_in, dict(good_ones()))
    finally:
        end(made._loop)  # with the connection to who has the keys
        made.close()


def judge(let_in: LetIn, good: Mapping[str, str]) -> None:
    """Ask with hostile tokens and with good ones."""
    # A header's value has no blanks around it (RFC 9110, section 5.5), so a token with one is a good one.
    hostile = [(name, token) for name, token in hostile_ones() if not token.endswith(" ")][::EVERY]
    assert len(hostile) >= LEAST_HOSTILE
    assert [name for name, token in hostile if let_in(token)] == []
    assert [name for name, token in good.items() if not let_in(token)] == []
