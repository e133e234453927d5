"""No caller gets what another one's sources answered, whichever way it asks for it."""

import asyncio
import math
from collections.abc import Mapping
from itertools import permutations, product
from pathlib import Path
from typing import Any

import orjson
import pytest

from fanin.config import Source, parse
from fanin.contract import answers
from fanin.contract.answers import Answer
from fanin.engine.call import Call, Response
from fanin.engine.catalogue import Caller, Catalogue, ClientRequest
from fanin.engine.execution import concurrent
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Outcome
from fanin.engine.shape import is_missing
from fanin.errors import SourceUnavailable
from fanin.policies.cache.policy import Caching
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from fanin.stores.lru import Memory
from fanin.testing import App, fake_clock, gives
from tests.unit.caching import runtime
from tests.unit.shared import Items
from tests.unit.shared import Shared as SharedStore

PLACES = {
    "path": 'url = "https://a.example/{caller.sub}"',
    "query": 'url = "https://a.example/?who={caller.sub}"',
    "header": 'url = "https://a.example/"\nheaders = { X-Who = "{caller.sub}" }',
    "body": 'method = "POST"\nurl = "https://a.example/"\nwrites = false\nbody = { who = "{caller.sub}" }',
    "form": 'method = "POST"\nurl = "https://a.example/"\nwrites = false\nform = { who = "{caller.sub}" }',
    "item": 'url = "https://a.example/{each}"\nfor_each = "[caller.sub]"',
    "dependent": 'url = "https://a.example/{who.id}"',
}
FILE = """fanin = 1
caller = "staff"
[callers.staff]
authorizer = {{}}
[sources.who]
compute = "{{id: caller.sub}}"
[sources.own]
{source}
cache = {{ fresh = "5m", stale = "1h", negative = "1m" }}
retry = {{ attempts = 2 }}
fallback = {{ value = {{ who = "nobody" }} }}
[endpoints.own]
path = "/own"
sources = ["own"]
"""
CALLERS = ("ada", "bob", "eve")


def who_is_asked_for(call: Call) -> str:
    """Find the claim in a request, wherever it stands."""
    request = call.request
    text = f"{request.url} {request.headers} {request.body!r}"
    (who,) = [who for who in CALLERS if who in text]
    return who


class Environments:
    """Two environments of one function with a table in common, and an API that answers who it was asked for."""

    def __init__(self, source: str) -> None:
        config = parse(FILE.format(source=source), {})
        self.catalogue = Catalogue(config, fake_clock.now)
        self.down = False
        self.asked: list[str] = []
        items = Items()
        common = runtime()
        self.pipelines = [
            pipelines_of(
                config.sources,
                {"own": self.fetch, "who": self.computed},
                Shared(common, Caching(common, is_missing, memory=Memory(), shared=SharedStore(items, str(number)))),
            )
            for number in range(2)
        ]

    async def fetch(self, call: Call) -> Outcome[Response]:
        self.asked.append(who := who_is_asked_for(call))
        await asyncio.sleep(0.1)
        if self.down:
            raise SourceUnavailable("own", "down")
        return Outcome(Response(200, {"content-type": "application/json"}, orjson.dumps({"who": who})))

    async def computed(self, call: Call) -> Outcome[Any]:
        assert isinstance(call.document, dict)
        assert isinstance(call.document["caller"], dict)
        return Outcome({"id": call.document["caller"]["sub"]}, fresh_for=math.inf)

    async def get(self, who: str, environment: int, headers: Mapping[str, str] | None = None) -> Answer:
        caller, invocation = Caller("staff", {"sub": who}), Invocation("id", fake_clock.now() + 20)
        aggregation = self.catalogue.begin("own", ClientRequest({}), caller, invocation)
        result = await concurrent.run(aggregation, self.pipelines[environment])
        return answers.answer(result, "id", headers or {})


def whose(answer: Answer) -> str:
    own = orjson.loads(answer.body)["own"]
    name: str = (own[0] if isinstance(own, list) else own)["who"]
    return name


@pytest.mark.parametrize("place", PLACES)
def test_everyone_gets_their_own_answer_in_any_order_and_at_once(place: str) -> None:
    """From the API, from a flight under way, from memory, from the table, and while the API is down."""

    async def body() -> None:
        for order in permutations(CALLERS):
            many = Environments(PLACES[place])
            for environment, who in product(range(2), order):
                assert whose(await many.get(who, environment)) == who
            assert many.asked == list(order)  # the second environment has them from the table
            many.down = True
            await asyncio.sleep(400)
            asked = [(who, environment) for who in order for environment in range(2)] * 3
            found = await asyncio.gather(*(many.get(*each) for each in asked))
            assert [whose(answer) for answer in found] == [who for who, _ in asked]

    fake_clock.run(body())


@pytest.mark.parametrize("place", PLACES)
def test_at_once_each_caller_has_a_flight_of_their_own(place: str) -> None:
    async def body() -> None:
        many = Environments(PLACES[place])
        found = await asyncio.gather(*(many.get(who, 0) for who in CALLERS * 5))
        assert [whose(answer) for answer in found] == [*CALLERS * 5]
        assert sorted(many.asked) == sorted(CALLERS)

    fake_clock.run(body())


@pytest.mark.parametrize("place", PLACES)
def test_a_caller_who_names_anothers_etag_is_told_nothing(place: str) -> None:
    """304 says that the caller's own answer is the same, and so it is not."""

    async def body() -> None:
        many = Environments(PLACES[place])
        tags = {who: dict((await many.get(who, 0)).headers)["ETag"] for who in CALLERS}
        assert len(set(tags.values())) == len(CALLERS)
        for who, other in product(CALLERS, CALLERS):
            answer = await many.get(who, 0, {"if-none-match": tags[other]})
            assert (answer.status == 304) == (who == other)
            assert answer.status == 304 or whose(answer) == who

    fake_clock.run(body())


def test_the_fallback_of_one_caller_is_nobodys_answer() -> None:
    async def body() -> None:
        many = Environments(PLACES["path"])
        many.down = True
        assert whose(await many.get("ada", 0)) == "nobody"
        many.down = False
        assert whose(await many.get("bob", 0)) == "bob"
        many.down = True
        assert whose(await many.get("eve", 1)) == "nobody"

    fake_clock.run(body())


def test_these_tests_find_a_cache_that_does_not_know_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        many = Environments(PLACES["path"])
        assert [whose(await many.get(who, 0)) for who in ("ada", "bob")] == ["ada", "ada"]

    monkeypatch.setattr(type(parse(FILE.format(source=PLACES["path"]), {}).sources["own"]), "identity", _nobody)
    fake_clock.run(body())


def _nobody(source: Source, _: Any) -> list[Any]:
    return [source.name]


def app_of(tmp_path: Path) -> App:
    file = tmp_path / "fanin.toml"
    file.write_text("""fanin = 1
caller = "staff"
[callers.staff]
authorizer = { header = "X-Token" }
[sources.rates]
url = "https://rates.example/"
cache = { fresh = "1m" }
[endpoints.rates]
path = "/rates"
sources = ["rates"]
[endpoints.open]
path = "/open"
caller = "anyone"
sources = ["rates"]
""")
    return App(file, {"rates": gives({"a": 1})})


def test_what_no_claim_is_asked_for_is_shared_and_each_answer_is_one_callers(tmp_path: Path) -> None:
    """One call for all callers; but no cache between us and them gives one's answer to another."""
    app = app_of(tmp_path)
    for claims in ({"sub": "ada"}, {"sub": "bob"}):
        reply = app.request("GET", "/rates", caller=claims)
        assert reply.headers["cache-control"].startswith("private, max-age=")
        assert reply.headers["vary"].split(", ")[0] == "X-Token"
    opened = app.get("/open")
    assert opened.headers["cache-control"].startswith("max-age=")
    assert "X-Token" not in opened.headers.get("vary", "")
    assert len(app.sources["rates"].calls) == 1


def test_an_answer_that_everybody_may_have_needs_credentials_all_the_same(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    tag = app.request("GET", "/rates", caller={"sub": "ada"}).headers["etag"]
    for prefix in ("", "/threads", "/sync", "/sync-threads"):
        reply = app.request("GET", f"{prefix}/rates", headers={"if-none-match": tag})
        assert (reply.status, reply.headers["www-authenticate"]) == (401, 'Bearer realm="staff"')
        assert reply.headers["cache-control"] == "no-store"
