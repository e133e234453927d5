"""An issuer on loopback, asked by each of fanin's clients: whatever it does, an answer comes in time, and of a kind."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from fanin.callers.jwt.keys import FRESH
from fanin.credentials.flows.carry import Carrier
from fanin.credentials.flows.carry_blocking import BlockingCarrier
from fanin.engine.call import Request, Response
from fanin.engine.catalogue import Caller
from fanin.errors import RequestError
from fanin.testing.issuer import DISCOVERY, KEYS, Issuer
from tests.callers.jwt.reaching import CLIENTS, Identify, unasked
from tests.callers.jwt.tokens import CLAIMS, ISSUER, NOW, good, header_of, jwks, key_for, settings, signed
from tests.callers.jwt.world import bearers, document
from tests.faults.faults import BY_PORT
from tests.faults.process import FaultServer

AUDIENCE = "https://api.example.com"
ELSEWHERE = Issuer()
"""Signs tokens, and serves no keys."""


@pytest.fixture(params=CLIENTS)
def identify(request: pytest.FixtureRequest) -> Iterator[Identify]:
    with CLIENTS[request.param]() as made:
        yield made


@pytest.fixture(scope="module")
def keys() -> Issuer:
    """Make keys, which takes longest."""
    return Issuer(algorithms=("RS256", "ES256"))


@pytest.fixture
def issuer(keys: Issuer) -> Iterator[Issuer]:
    keys.status, keys.headers = 200, {}
    with keys.serving():
        yield keys


def test_keys_are_found_by_discovery(identify: Identify, issuer: Issuer) -> None:
    for algorithm in ("RS256", "ES256"):
        token = issuer.token({"sub": "ada"}, audience=AUDIENCE, algorithm=algorithm)
        said = identify(token, issuer=issuer.url, audience=AUDIENCE)
        assert said.claims["sub"] == "ada"
    assert issuer.asked == [DISCOVERY, KEYS] * 2


def test_keys_that_change_are_asked_for_again(identify: Identify, issuer: Issuer) -> None:
    before = issuer.token(audience=AUDIENCE)
    identify(before, issuer=issuer.url, audience=AUDIENCE)
    issuer.rotate()
    identify(issuer.token(audience=AUDIENCE))
    with pytest.raises(RequestError, match="no such key"):
        identify(before)
    assert issuer.asked == [DISCOVERY, KEYS] * 2


def test_an_issuer_whose_address_is_not_public_is_not_asked(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    for client in CLIENTS.values():
        with client("") as identify, pytest.raises(RequestError) as refused:
            identify(issuer.token(audience=AUDIENCE), issuer=issuer.url, audience=AUDIENCE)
        assert refused.value.status == 503
        assert "not public" in caplog.messages.pop()
    assert issuer.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    identify: Identify, issuer: Issuer, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.status, issuer.headers = status, {"Location": "/elsewhere"}
    with pytest.raises(RequestError) as refused:
        identify(issuer.token(audience=AUDIENCE), issuer=issuer.url, audience=AUDIENCE)
    assert (refused.value.status, f"status {status}" in caplog.text) == (503, True)
    assert issuer.asked == [DISCOVERY]


INTERNAL = ["http://169.254.169.254/keys", "http://10.0.0.1/keys", "http://[fd00:ec2::254]/keys", "http://[::1]/keys"]


@pytest.mark.parametrize("url", INTERNAL)
def test_keys_are_not_asked_for_where_an_issuer_says_that_an_internal_address_has_them(
    identify: Identify, issuer: Issuer, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The allow-list of the tests has the issuer's own address, and no other."""
    monkeypatch.setattr(Issuer, "discovery", {"issuer": issuer.url, "jwks_uri": url})
    with pytest.raises(RequestError) as refused:
        identify(issuer.token(audience=AUDIENCE), issuer=issuer.url, audience=AUDIENCE)
    assert (refused.value.status, "not public" in caplog.text) == (503, True)
    assert issuer.asked == [DISCOVERY]


def test_an_issuer_that_is_gone_gives_503(identify: Identify, caplog: pytest.LogCaptureFixture) -> None:
    issuer = Issuer()
    with issuer.serving() as url:
        token = issuer.token(audience=AUDIENCE)
    with pytest.raises(RequestError) as refused:
        identify(token, issuer=url, audience=AUDIENCE)
    assert dict(refused.value.headers) == {"Retry-After": "10"}
    assert "cannot be reached" in caplog.text


FAULTS = [
    *("hang-in-body", "late", "drip-headers", "drip-chunks", "endless-headers", "endless-body", "bomb"),
    *("gzip-cut-short", "reset", "close-in-body", "two-lengths", "no-status-line", "redirect", "redirect-no-url"),
    *("not-modified-with-a-body", "unauthorized", "status-500", "json-empty", "json-far-too-deep", "json-ok"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_the_issuer_does_tokens_are_answered_with_503(
    identify: Identify, faults: FaultServer, fault: str
) -> None:
    refused_with_503(identify, faults.url("answers", fault))


@pytest.mark.parametrize("port", [port for port in BY_PORT if port != "tls-good"])
def test_whatever_the_connection_does_tokens_are_answered_with_503(
    identify: Identify, faults: FaultServer, port: str
) -> None:
    refused_with_503(identify, faults.url(port))


def refused_with_503(identify: Identify, keys: str) -> None:
    with pytest.raises(RequestError) as refused:
        identify(ELSEWHERE.token(audience=AUDIENCE), issuer=ELSEWHERE.url, keys=keys, audience=AUDIENCE)
    assert (refused.value.status, dict(refused.value.headers)) == (503, {"Retry-After": "10"})


KEYS_OF = f"{ISSUER}/jwks"


class Slow:
    """An issuer that answers when a test lets it, and counts who asks."""

    def __init__(self) -> None:
        self.asked = 0
        self.clock = FakeSeconds()
        self.caller = bearers(settings(keys=KEYS_OF, algorithms=["ES256"]), self.clock, lambda: NOW)


class FakeSeconds:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


HEADERS = {"authorization": f"Bearer {good('ES256')}"}


def test_of_many_tasks_one_asks_and_none_waits_that_has_old_keys() -> None:
    slow = Slow()

    async def run() -> list[bool]:
        carrier, answers = Carrier(unasked), asyncio.Event()

        async def send(_: Request) -> Response:
            slow.asked += 1
            await answers.wait()
            return document(jwks())

        def begun() -> list[asyncio.Task[Caller]]:
            return [asyncio.create_task(carrier.carry(slow.caller.identify(HEADERS), send)) for _ in range(20)]

        first = begun()
        await asyncio.sleep(0)
        answers.set()
        await asyncio.gather(*first)
        assert slow.asked == 1
        answers.clear()
        slow.clock.seconds += FRESH[1]
        later = begun()
        for _ in range(5):
            await asyncio.sleep(0)
        done = [task.done() for task in later]
        answers.set()
        await asyncio.gather(*later)
        return done

    assert asyncio.run(run()) == [False] + [True] * 19
    assert slow.asked == 2


def test_of_many_threads_one_asks() -> None:
    slow = Slow()
    carrier, others = BlockingCarrier(unasked, lambda: 5.0), Event()

    def send(_: Request) -> Response:
        slow.asked += 1
        others.wait(0.05)
        return document(jwks())

    with ThreadPoolExecutor(10) as threads:
        said = list(threads.map(lambda _: carrier.carry(slow.caller.identify(HEADERS), send), range(10)))
    assert slow.asked == 1
    assert {each.claims["sub"] for each in said} == {"ada"}


def test_a_cancelled_request_does_not_keep_others_from_asking() -> None:
    slow = Slow()

    async def run() -> Caller:
        carrier = Carrier(unasked)

        async def hangs(_: Request) -> Response:
            await asyncio.Event().wait()
            raise NotImplementedError

        async def answers(_: Request) -> Response:
            return document(jwks())

        given_up = asyncio.create_task(carrier.carry(slow.caller.identify(HEADERS), hangs))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait([given_up])
        return await carrier.carry(slow.caller.identify(HEADERS), answers)

    assert asyncio.run(run()).claims["sub"] == "ada"


def test_of_many_tasks_with_a_new_key_one_asks_and_all_pass() -> None:
    slow, new = Slow(), key_for("ES256", "new")
    keys = [document(jwks()), document({"keys": [new.as_dict(private=False)]})]
    token = signed(header_of("ES256", kid=new.kid), CLAIMS, new, "ES256")

    async def run() -> list[Caller]:
        carrier = Carrier(unasked)

        async def send(_: Request) -> Response:
            slow.asked += 1
            await asyncio.sleep(0)
            return keys[slow.asked - 1]

        await carrier.carry(slow.caller.identify(HEADERS), send)
        headers = {"authorization": f"Bearer {token}"}
        return await asyncio.gather(*[carrier.carry(slow.caller.identify(headers), send) for _ in range(10)])

    assert {caller.claims["sub"] for caller in asyncio.run(run())} == {"ada"}
    assert slow.asked == 2
