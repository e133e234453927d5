"""Callers of whom others have to be asked: every execution model asks through the guard, within its time."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from fanin.callers import bounds, send, send_blocking
from fanin.compose import front_door
from fanin.config.callers.iam import Iam
from tests.contract.ask import Ask, Question
from tests.contract.own import asking_kind
from tests.contract.own.conftest import Served
from tests.contract.own.upstream import Broken, Given, Gives, Upstreams

FILE = """fanin = 1
[callers.staff]
iam = {}
[sources.who]
compute = "caller.name"
[endpoints.who]
path = "/who"
caller = "staff"
sources = ["who"]
"""
ADA = Gives({"name": "ada"})


@pytest.fixture(scope="module", autouse=True)
def asking() -> Iterator[pytest.MonkeyPatch]:
    """Have `iam` be a kind that asks, of servers that may be private, with less patience."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "fanin.callers.iam", asking_kind)
        patch.setattr(Iam, "claims", frozenset(("name",)))
        patch.setattr(Iam, "private", True, raising=False)
        patch.setattr(front_door, "IN_ALL", 3.0)
        for module in (bounds, send, send_blocking):
            patch.setattr(module, "TIMEOUT", 0.3)
        yield patch


def models(served: Served) -> dict[str, Ask]:
    return served(FILE)


def question(upstreams: Upstreams, path: str = "/keys", url: str = "") -> Question:
    issuer = url or upstreams.base_url("api") + path
    return Question("/who", headers={"authorization": "Bearer t", "x-issuer": issuer})


def test_who_asks_is_found_out_by_asking(served: Served, upstreams: Upstreams) -> None:
    for model, asked in models(served).items():
        upstreams.play({"GET /keys": ADA})
        reply = asked(question(upstreams))
        assert (model, reply.status, reply.content) == (model, 200, b'{"who":"ada"}')
        (issuer,) = upstreams.asked
        assert issuer.headers["x-token"] == "Bearer t"


def test_without_credentials_nobody_is_asked(served: Served, upstreams: Upstreams) -> None:
    for asked in models(served).values():
        upstreams.play({})
        assert asked(Question("/who")).status == 401
        assert upstreams.asked == []


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (Gives({"name": "ada"}, delay=0.6), "source-timeout"),
        (Broken(), "source-unavailable"),
        (Gives({}, 500), "status 500"),
        (Gives({}, 302, {"Location": "http://127.0.0.2:9/keys"}), "status 302"),
        (Gives(b"x" * 600_000), "source-too-large"),
    ],
    ids=["slow", "broken", "failing", "redirected", "too large"],
)
def test_if_nobody_can_say_it_is_503(served: Served, upstreams: Upstreams, answer: Given, detail: str) -> None:
    for model, asked in models(served).items():
        upstreams.play({"GET /keys": answer})
        reply = asked(question(upstreams))
        assert (model, reply.status, reply.headers["retry-after"]) == (model, 503, "1")
        assert reply.body["type"].endswith("/callers-unavailable")
        assert detail in reply.body["detail"]
        assert len(upstreams.asked) <= 2  # one that breaks off may be made once more; no redirect is followed


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "http://10.0.0.1/keys", "http://[::1]:9/keys"])
def test_an_address_that_may_not_be_reached_is_not(served: Served, upstreams: Upstreams, url: str) -> None:
    for model, asked in models(served).items():
        reply = asked(question(upstreams, url=url))
        assert (model, reply.status, reply.body["detail"]) == (model, 503, "address-refused")


def test_what_takes_too_long_in_all_is_503(served: Served, upstreams: Upstreams, asking: pytest.MonkeyPatch) -> None:
    """The whole of it, whatever one answer may take."""
    asking.setattr(front_door, "IN_ALL", 0.2)
    for module in (send, send_blocking):
        asking.setattr(module, "TIMEOUT", 5.0)
    try:
        for model, asked in models(served).items():
            upstreams.play({"GET /keys": Gives({"name": "ada"}, delay=5.0)})
            reply = asked(question(upstreams))
            assert (model, reply.status) == (model, 503)
            assert reply.seconds < 5.0  # the issuer's own delay
    finally:
        asking.setattr(front_door, "IN_ALL", 3.0)
        for module in (send, send_blocking):
            asking.setattr(module, "TIMEOUT", 0.3)


def test_threads_that_ask_at_once_ask_one_at_a_time_and_all_get_in(served: Served, upstreams: Upstreams) -> None:
    asked = models(served)["sync"]
    upstreams.play({"GET /keys": ADA})
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(asked, [question(upstreams)] * 8))
    assert [reply.status for reply in replies] == [200] * 8
    assert len(upstreams.asked) == 8
