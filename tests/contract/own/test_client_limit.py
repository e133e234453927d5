"""How often one client may ask: what every execution model answers."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.contract.ask import Ask, Question, Reply
from tests.contract.models import MODELS
from tests.contract.own.conftest import Served
from tests.contract.own.upstream import Gives, Upstreams

_NETWORKS: Iterator[int] = count(1)
HOUR, LONGEST = 3600, 3780


@pytest.fixture(params=MODELS)
def ask(request: pytest.FixtureRequest, served: Served, upstreams: Upstreams) -> Ask:
    """Ask one execution model; those of a function count together, so each test has addresses of its own."""
    upstreams.play({"GET /read": Gives(1)})
    return served("client_limit")[request.param]


@pytest.fixture
def network() -> str:
    """Give what the addresses of a test begin with."""
    return f"192.0.{next(_NETWORKS)}"


def asked(upstreams: Upstreams) -> int:
    return len(upstreams.asked)


def seconds(text: str) -> int:
    return int(text.rpartition("t=")[2])


def refused(reply: Reply) -> None:
    assert reply.status == 429
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["x-request-id"]
    assert reply.body["type"].endswith("/too-many-requests")
    assert reply.headers["ratelimit"].startswith('"default";r=0;t=')
    assert 0 < seconds(reply.headers["ratelimit"]) == int(reply.headers["retry-after"]) <= LONGEST


def test_client_may_ask_so_often_and_hears_how_often_it_still_may(ask: Ask, network: str, upstreams: Upstreams) -> None:
    for left in (2, 1, 0):
        reply = ask(Question("/items/1", address=f"{network}.1"))
        assert reply.status == 200
        assert reply.headers["ratelimit-policy"] == '"default";q=3;w=3600'
        assert reply.headers["ratelimit"].startswith(f'"default";r={left};t=')
        assert HOUR - 180 <= seconds(reply.headers["ratelimit"]) <= LONGEST
        assert "retry-after" not in reply.headers
    refused(reply := ask(Question("/items/1", address=f"{network}.1")))
    assert reply.body["detail"].startswith("item takes 3 requests in 1 h of one client; ask again in ")
    assert asked(upstreams) == 3


def test_others_are_not_affected(ask: Ask, network: str) -> None:
    assert [ask(Question("/others/1", address=f"{network}.1")).status for _ in range(2)] == [200, 429]
    assert ask(Question("/others/1", address=f"{network}.2")).status == 200
    assert ask(Question("/items/1", address=f"{network}.1")).status == 200


def test_endpoint_without_a_limit_says_nothing_of_one(ask: Ask, network: str) -> None:
    for _ in range(5):
        reply = ask(Question("/free/1", address=f"{network}.1"))
        assert reply.status == 200
        assert not {"ratelimit", "ratelimit-policy"} & reply.headers.keys()


def test_what_is_refused_for_its_parameters_counts_and_says_so(ask: Ask, network: str, upstreams: Upstreams) -> None:
    replies = [ask(Question("/items/77", address=f"{network}.1")) for _ in range(4)]
    assert [reply.status for reply in replies] == [422, 422, 422, 429]
    assert replies[0].headers["ratelimit"].startswith('"default";r=2;t=')
    assert asked(upstreams) == 0


def test_head_counts_and_options_does_not(ask: Ask, network: str) -> None:
    preflight = {"origin": "https://a.example", "access-control-request-method": "GET"}
    methods = ["OPTIONS", "OPTIONS", "HEAD", "GET"]
    replies = [ask(Question("/others/1", method=m, headers=preflight, address=f"{network}.1")) for m in methods]
    assert [reply.status for reply in replies] == [204, 204, 200, 429]
    assert replies[2].headers["ratelimit"].startswith('"default";r=0;t=')
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(
        replies[3].headers["access-control-expose-headers"].split(", ")
    )


def test_addresses_of_one_ipv6_network_are_one_client(ask: Ask, network: str) -> None:
    last = network.rpartition(".")[2]
    hosts = [f"2001:db8:0:{last}::1", f"2001:db8:0:{last}:ffff::2", f"2001:db8:1:{last}::1"]
    assert [ask(Question("/others/1", address=host)).status for host in hosts] == [200, 429, 200]


def test_what_a_client_says_of_its_address_is_not_believed(ask: Ask, network: str) -> None:
    """API Gateway says where a request comes from, whatever stands in the headers."""
    says = ["198.51.100.1", "198.51.100.2, 198.51.100.3", "", "x" * 5000]
    headers = [{"x-forwarded-for": text, "forwarded": f"for={text}"[:90], "x-real-ip": text[:90]} for text in says]
    replies = [ask(Question("/others/1", headers=each, address=f"{network}.1")) for each in headers]
    assert [reply.status for reply in replies] == [200, 429, 429, 429]
