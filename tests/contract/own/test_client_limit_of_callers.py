"""How often one caller may ask, wherever it asks from: what every execution model answers."""

from itertools import count
from typing import Any

import pytest

from tests.contract.ask import Ask, Question, Reply
from tests.contract.models import MODELS
from tests.contract.own.conftest import Served

FILE = """
fanin = 1
caller = "staff"

[callers.staff]
authorizer = {}

[sources.thing]
value = 7

[endpoints.mine]
path = "/mine"
sources = ["thing"]
client_limit = { calls = 2, per = "1h" }

[endpoints.named]
path = "/named"
sources = ["thing"]
client_limit = { calls = 2, per = "1h", by = "caller" }

[endpoints.here]
path = "/here"
sources = ["thing"]
client_limit = { calls = 2, per = "1h", by = "address" }

[endpoints.open]
path = "/open"
caller = "anyone"
sources = ["thing"]
client_limit = { calls = 2, per = "1h" }
"""
_NUMBERS = count(1)


class Asking:
    """Asks one execution model as callers whom no other test has, from addresses that no other test has."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._test = next(_NUMBERS)

    def __call__(self, path: str, sub: str = "", host: int = 1, **claims: Any) -> Reply:
        said = {"iss": "https://id.example", "sub": f"{sub}{self._test}", **claims}
        context = {"authorizer": {"jwt": {"claims": said, "scopes": None}}} if sub else {}
        http = {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": f"198.51.{self._test}.{host}"}
        return self._ask(Question(path, context={**context, "http": http}))

    def statuses(self, *asked: tuple[str, str, int]) -> list[int]:
        return [self(*each).status for each in asked]


@pytest.fixture(params=MODELS)
def asking(request: pytest.FixtureRequest, served: Served) -> Asking:
    """Ask one execution model; those of a function count together."""
    return Asking(served(FILE)[request.param])


@pytest.mark.parametrize("path", ["/mine", "/named"])
def test_caller_is_one_client_wherever_it_asks_from(asking: Asking, path: str) -> None:
    assert asking.statuses((path, "ada", 1), (path, "ada", 2), (path, "ada", 3)) == [200, 200, 429]
    assert asking.statuses((path, "bob", 1), (path, "bob", 1)) == [200, 200]


def test_new_token_of_a_caller_is_no_new_client(asking: Asking) -> None:
    replies = [asking("/mine", "ada", jti=f"{number}", exp=number) for number in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert replies[0].headers["ratelimit"].startswith('"default";r=1;t=')


def test_only_keys_have_limits_of_their_own(asking: Asking) -> None:
    """A claim of another kind of caller that is called so is a claim like any other."""
    limit = {"calls": 1, "per": 3600}
    assert [asking("/mine", "kim", key="k", limit=limit).status for _ in range(3)] == [200, 200, 429]
    assert "key" not in asking("/mine", "lee", key="k", limit=limit).headers["ratelimit"]


def test_who_is_not_known_takes_nothing_of_a_callers(asking: Asking) -> None:
    assert asking.statuses(*[("/mine", "", 1)] * 4) == [401] * 4
    assert asking.statuses(("/mine", "ada", 1), ("/mine", "ada", 1)) == [200, 200]


def test_addresses_are_counted_before_it_is_known_who_asks(asking: Asking) -> None:
    """So that nobody tries credentials as often as they like."""
    assert asking.statuses(("/here", "", 1), ("/here", "", 1), ("/here", "ada", 1)) == [401, 401, 429]
    assert asking.statuses(("/here", "ada", 2), ("/here", "bob", 2), ("/here", "eve", 2)) == [200, 200, 429]


def test_endpoint_that_is_open_counts_addresses(asking: Asking) -> None:
    assert asking.statuses(("/open", "ada", 1), ("/open", "bob", 1), ("/open", "", 1)) == [200, 200, 429]
    assert asking.statuses(("/open", "", 2)) == [200]
