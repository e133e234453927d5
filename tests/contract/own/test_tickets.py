"""One-time tickets for streams: `EventSource` sends no header, and asks every execution model."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from fanin.aws.client import Aws
from tests.aws.conftest import environment, moto
from tests.contract.ask import Ask, Question, Reply
from tests.contract.models import MODELS, here
from tests.contract.own.conftest import CASES
from tests.contract.own.test_callers import ADA, BOB, ROLE, SIGNED_BY_ROLE, by
from tests.contract.own.upstream import Gives, Upstreams
from tests.functions import functions
from tests.roots import tls_context
from tests.stores.resources import create_table

__all__ = ["environment", "moto"]  # fixtures

EVENTS = {"accept": "text/event-stream"}
ORDERS = "/t/acme/orders"


@pytest.fixture
def asks(upstreams: Upstreams, environment: dict[str, str]) -> Iterator[dict[str, Ask]]:
    """Serve a file with callers in every execution model, over one table."""
    upstreams.play({"GET /tenants/acme/orders": Gives([1])})
    served = {
        **os.environ,
        **environment,
        **upstreams.variables,
        "FANIN_CONFIG": str(CASES / "callers.toml"),
        "FANIN_ALLOW": "127.0.0.0/8:*",
        "FANIN_CACHE": "off",
        "FANIN_TABLE": asyncio.run(_table(environment)),
    }
    with ExitStack() as ends:
        yield here(ends.enter_context(functions(served)))


async def _table(environment: dict[str, str]) -> str:
    aws = Aws(environment, tls_context())
    try:
        return await create_table(aws, ["pk"])
    finally:
        await aws.aclose()


@pytest.fixture(params=MODELS)
def ask(request: pytest.FixtureRequest, asks: dict[str, Ask]) -> Ask:
    return asks[request.param]


def got(asks: dict[str, Ask], claims: dict[str, str]) -> str:
    reply = asks["gateway"](Question("/tickets", method="POST", context=by(claims)))
    assert (reply.status, reply.headers["cache-control"]) == (200, "no-store"), reply.content
    assert reply.body["expires_in"] == 30
    return str(reply.body["ticket"])


def problem(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body["type"].rpartition("/")[2]


def test_a_ticket_asks_for_one_stream(asks: dict[str, Ask], ask: Ask, upstreams: Upstreams) -> None:
    """The second time it is no ticket any more, and no source is called; nor does a source see it."""
    ticket = got(asks, ADA)
    stream = ask(Question(ORDERS, f"days=3&ticket={ticket}", headers=EVENTS))
    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
    assert stream.headers["cache-control"] == "no-store"
    assert b'"value":[1]' in stream.content
    assert ticket not in str(upstreams.asked)
    assert len(upstreams.asked) == 1
    assert problem(ask(Question(ORDERS, f"ticket={ticket}", headers=EVENTS))) == (401, "not-authenticated")
    assert len(upstreams.asked) == 1


def test_a_ticket_is_its_callers(asks: dict[str, Ask], ask: Ask) -> None:
    """`allow` holds, and an endpoint of other callers stays shut."""
    assert problem(ask(Question(ORDERS, f"ticket={got(asks, BOB)}", headers=EVENTS))) == (403, "not-allowed")
    assert problem(ask(Question("/role", f"ticket={got(asks, ADA)}", headers=EVENTS))) == (401, "not-authenticated")


@pytest.mark.parametrize(
    "question",
    [
        Question(ORDERS, "ticket=TICKET"),
        Question(ORDERS, "ticket=TICKET", headers={"accept": "application/json"}),
        Question(ORDERS, "ticket=TICKET", headers={"accept": "application/x-ndjson"}),
        Question("/pay", "ticket=TICKET", "POST", {**EVENTS, "content-type": "application/json"}, b'{"amount": 1}'),
        Question(ORDERS, "", headers={**EVENTS, "authorization": "Bearer TICKET", "cookie": "ticket=TICKET"}),
    ],
    ids=["without accept", "JSON", "NDJSON", "POST", "in a header"],
)
def test_a_ticket_is_for_event_streams_only(asks: dict[str, Ask], ask: Ask, question: Question) -> None:
    """It is not used then: what could send a header has no need of one."""
    ticket = got(asks, ADA)
    headers = {name: text.replace("TICKET", ticket) for name, text in question.headers.items()}
    asked = Question(question.path, question.query.replace("TICKET", ticket), question.method, headers, question.body)
    assert problem(ask(asked)) == (401, "not-authenticated")
    assert ask(Question(ORDERS, f"ticket={ticket}", headers=EVENTS)).status == 200


@pytest.mark.parametrize("context", [by(BOB | {"scope": ""}), {}, {"authorizer": {"iam": {}}}])
def test_who_is_no_caller_gets_no_ticket(asks: dict[str, Ask], context: dict[str, object]) -> None:
    reply = asks["gateway"](Question("/tickets", method="POST", context=context))
    assert reply.status == (403 if context == by(BOB | {"scope": ""}) else 401)
    assert "ticket" not in reply.body
    assert reply.headers["www-authenticate"].startswith('Bearer realm="staff"')


def test_every_kind_of_caller_gets_tickets(asks: dict[str, Ask], ask: Ask) -> None:
    reply = asks["gateway"](Question("/tickets", method="POST", context=SIGNED_BY_ROLE))
    stream = ask(Question("/role", f"ticket={reply.body['ticket']}", headers=EVENTS))
    assert b'"value":"Nightly"' in stream.content, ROLE


def test_no_ticket_makes_the_next(asks: dict[str, Ask]) -> None:
    ticket = got(asks, ADA)
    question = Question("/tickets", f"ticket={ticket}", "POST", EVENTS)
    assert problem(asks["gateway"](question)) == (401, "not-authenticated")
