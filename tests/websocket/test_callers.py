"""Who connects is made sure of once, in the handshake, and every subscription is held to it."""

import asyncio
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from fanin.engine.caller import Caller
from fanin.engine.front_door import Ticket
from fanin.engine.invocation import Invocation
from tests.contract.own.test_api_keys import BARE, EXPIRED, GOOD, REVOKED, UNKNOWN
from tests.websocket.shaking import BehindApiGateway, UnderAsgi, Way

ADA = {"sub": "ada", "scope": "orders"}
REFUSED = (401, "not-authenticated")


@pytest.fixture(params=[UnderAsgi, BehindApiGateway], ids=["under ASGI", "behind API Gateway"])
def way(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = request.param()
    yield made
    made.close()


def offering(*texts: str) -> dict[str, str]:
    return {"Sec-WebSocket-Protocol": ", ".join(texts)}


def ticket_of(way: Way, **claims: Any) -> str:
    async def issued() -> Ticket:
        assert way.door.issue
        return await way.door.issue(Caller("partners", {"sub": "acme", **claims}), Invocation("r", float("inf")))

    return asyncio.run(issued()).text


@pytest.mark.parametrize(
    ("headers", "chosen"),
    [
        ({"X-Api-Key": GOOD}, None),
        (offering("fanin", f"fanin.bearer.{GOOD}"), "fanin"),
        (offering(f"fanin.bearer.{GOOD}", "fanin"), "fanin"),
        ({**offering("fanin"), "X-Api-Key": GOOD}, "fanin"),
        (offering(f"fanin.bearer.{GOOD}"), None),
        ({**offering("graphql-ws"), "X-Api-Key": GOOD}, None),
    ],
    ids=["header", "subprotocol", "token first", "both", "token only", "another subprotocol"],
)
def test_a_caller_may_subscribe(way: Way, headers: dict[str, str], chosen: str | None) -> None:
    """The token is never what is chosen: it would be sent back."""
    shaken = way.connect(headers)
    assert (shaken.status, shaken.headers.get("sec-websocket-protocol")) == (101, chosen)
    assert way.ask("own", id="7") == "https://own.example/acme/7"
    assert way.ask("own", id="secret") == (403, "not-allowed")
    assert way.ask("own") == (422, "bad-parameter")
    assert way.ask("team") == REFUSED, "it is one of other callers"
    assert way.ask("free") == "https://free.example/"


def test_who_shows_nothing_may_ask_for_what_is_open(way: Way) -> None:
    assert way.connect(offering("fanin")).status == 101
    assert way.ask("free") == "https://free.example/"
    assert way.ask("own", id="7") == REFUSED
    assert way.ask("own") == REFUSED, "401 comes before a bad parameter"


@pytest.mark.parametrize(
    ("headers", "status", "problem"),
    [
        ({"X-Api-Key": UNKNOWN}, 401, "not-authenticated"),
        ({"X-Api-Key": REVOKED}, 401, "not-authenticated"),
        ({"X-Api-Key": BARE}, 403, "not-allowed"),
        (offering("fanin", f"fanin.bearer.{EXPIRED}"), 401, "not-authenticated"),
        (offering("fanin", f"fanin.bearer.{BARE}"), 403, "not-allowed"),
        (offering("fanin", "fanin.bearer."), 401, "not-authenticated"),
        ({"Authorization": "Bearer whatever"}, 401, "not-authenticated"),
    ],
)
def test_bad_credentials_are_refused_in_the_handshake(
    way: Way, headers: dict[str, str], status: int, problem: str
) -> None:
    shaken = way.connect(headers)
    assert (shaken.status, shaken.problem) == (status, problem)
    assert "www-authenticate" in shaken.headers
    assert not any(key in shaken.text for key in (UNKNOWN, REVOKED, BARE, EXPIRED))


def test_a_cookie_says_nothing(way: Way) -> None:
    """Browsers send cookies for any page, so that one of another origin could connect as its user."""
    assert way.connect({"Cookie": f"X-Api-Key={GOOD}; ticket={ticket_of(way)}"}).status == 101
    assert way.ask("own", id="7") == REFUSED


def test_a_ticket_connects_once(way: Way) -> None:
    ticket = ticket_of(way)
    shaken = way.connect(query=f"ticket={ticket}")
    assert shaken.status == 101
    if isinstance(way, BehindApiGateway):
        assert way.ask("own", id="7") == "https://own.example/acme/7"
    assert (again := way.connect(query=f"ticket={ticket}")).status == 401
    assert ticket not in again.text
    assert ticket not in str(getattr(way, "table", Empty()).items)


def test_a_ticket_asks_over_its_connection() -> None:
    way = UnderAsgi()
    way.connect()
    way._connection["query_string"] = f"ticket={ticket_of(way)}".encode()
    assert way.ask("own", id="7") == "https://own.example/acme/7"
    way.close()


def test_a_ticket_that_is_none_is_refused_beside_a_good_key(way: Way) -> None:
    """A ticket that is there is what counts."""
    assert way.connect({"X-Api-Key": GOOD}, "ticket=").status == 401
    assert way.connect({"X-Api-Key": GOOD}, f"ticket={'a' * 43}").status == 401


class Empty:
    items = ()


def test_whom_an_authorizer_of_connect_let_in_may_subscribe() -> None:
    way = BehindApiGateway()
    assert way.connect(authorizer={"principalId": "ada", "scope": "orders", "integrationLatency": 7}).status == 101
    assert way.ask("team") == "https://team.example/ada"
    assert way.ask("own", id="7") == REFUSED
    way.close()


def hostile(random_: random.Random) -> tuple[dict[str, str], str]:
    """Make a handshake that nobody is behind."""
    noise = "".join(random_.choices("abcXYZ019_-.~=", k=random_.choice([0, 1, 26, 43, 43, 49, 200, 3000])))
    forged = random_.choice(
        [noise, GOOD[:-1], GOOD + "0", GOOD.swapcase(), UNKNOWN, REVOKED, EXPIRED, BARE, f"fanin_{noise}", f" {noise}"]
    )
    shape = random_.randrange(8)
    headers = [
        {"X-Api-Key": forged},
        {"Authorization": f"Bearer {random_.choice([forged, GOOD])}"},
        offering("fanin", f"fanin.bearer.{forged}"),
        offering(*[f"fanin.bearer.{forged}"] * 3, f"fanin.bearer.{GOOD}"),
        offering(f"FANIN.BEARER.{GOOD}", "fanin", f"fanin.bearer{GOOD}"),
        {"Cookie": f"X-Api-Key={GOOD}", "Proxy-Authorization": f"Bearer {GOOD}", "X-Caller": "partners"},
        {"X-Amzn-Authorizer": '{"sub": "ada"}', "X-Api-Key-": GOOD, "X-Forwarded-User": "acme"},
        {},
    ][shape]
    queries = [f"ticket={forged}", f"ticket=&ticket={GOOD}", f"token={GOOD}&x-api-key={GOOD}", "caller=partners"]
    return headers, random_.choice(queries) if shape > 4 or random_.random() < 0.2 else ""


def test_of_1000_hostile_handshakes_none_may_ask_for_what_has_a_caller(way: Way) -> None:
    random_, refused = random.Random(7), 0
    for _ in range(1000):
        headers, query = hostile(random_)
        shaken = way.connect(headers, query)
        assert shaken.status in {101, 401, 403}, (headers, query)
        refused += shaken.status != 101
        assert GOOD not in shaken.text
        if shaken.status == 101:
            assert way.ask("own", id="7") == REFUSED, (headers, query)
    assert refused > 500
    assert way.connect({"X-Api-Key": GOOD}).status == 101


def test_100_good_handshakes_pass_among_them(way: Way) -> None:
    random_ = random.Random(8)
    for turn in range(100):
        way.connect(*hostile(random_))
        good: Mapping[str, str] = [{"X-Api-Key": GOOD}, offering("fanin", f"fanin.bearer.{GOOD}")][turn % 2]
        assert way.connect(good).status == 101
        assert way.ask("own", id="7") == "https://own.example/acme/7"
