"""What handlers written by hand may let through, and what the client sees of it."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from fastapi import APIRouter, HTTPException, Response

from fanin.compose.gateway import gateway
from fanin.entrypoints.fastapi.sources import SourcesDep
from fanin.local.layout import ROOT
from fanin.local.upstream.app import variables
from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question, in_process
from tests.contract.cases import TYPES
from tests.functions import asgi

router = APIRouter()


@router.get("/broken")
async def broken() -> Response:
    """Have a bug."""
    raise RuntimeError("secret reason")


@router.get("/together")
async def together(sources: SourcesDep) -> Response:
    """Read two sources at once."""
    async with asyncio.TaskGroup() as tasks:
        geo = tasks.create_task(sources.read("geo", city="Lisbon"))
        country = tasks.create_task(sources.read("country", city="Lisbon"))
    return sources.respond([geo.result(), country.result()])


@router.get("/forbidden")
async def forbidden() -> Response:
    """Refuse the client in FastAPI's own way."""
    raise HTTPException(403, "not for you")


@router.get("/full")
async def full() -> Response:
    """Refuse the client with headers, two of which are not for a handler to say."""
    raise HTTPException(429, "later", headers={"Retry-After": "7", "cache-control": "max-age=9", "Content-Type": "a/b"})


@router.get("/unknown")
async def unknown(sources: SourcesDep) -> Response:
    """Read a source whose name is mistaken."""
    return sources.respond(await sources.read("goe", city="Lisbon"))


@router.get("/incomplete")
async def incomplete(sources: SourcesDep) -> Response:
    """Read a source without what it needs."""
    return sources.respond(await sources.read("country"))


@router.get("/unstreamed")
async def unstreamed(sources: SourcesDep) -> Response:
    """Answer with a source without what it needs."""
    return await sources.stream("country")


@router.get("/left")
async def left(sources: SourcesDep) -> Response:
    """Leave a task running."""
    _LEFT.append(asyncio.create_task(asyncio.sleep(60)))
    return sources.respond("done")


_LEFT: list[asyncio.Task[None]] = []


@pytest.fixture(scope="module")
def ask(upstream: UpstreamClient) -> Iterator[Ask]:
    """Compose a gateway with the handlers above."""
    environment = {**os.environ, **variables(upstream.base_url), "FANIN_ALLOW": "127.0.0.0/8:*", "FANIN_CACHE": "off"}
    with asgi(gateway(ROOT, environment, routers=[router])) as handler:
        yield in_process(handler, "")


def test_a_bug_is_an_internal_error_without_its_reason(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    """The client sees a problem and the request's id; the reason is in the log."""
    reply = ask(Question("/broken"))
    assert reply.status == 500
    assert reply.body["type"] == TYPES + "internal-error"
    assert reply.headers["x-request-id"] == reply.body["request_id"]
    assert b"secret" not in reply.content
    assert "secret reason" in caplog.text


def test_sources_may_be_read_in_a_task_group(ask: Ask, upstream: UpstreamClient) -> None:
    """Two reads at once answer under both sources' headers."""
    upstream.reset()
    reply = ask(Question("/together"))
    assert reply.status == 200
    assert reply.body[1]["name"] == "Portugal"
    assert set(reply.sources) == {"geo", "country"}


def test_a_failure_in_a_task_group_is_the_sources_problem(ask: Ask, upstream: UpstreamClient) -> None:
    """The group around the error is of no interest to the client."""
    upstream.rules({"open-meteo-geocoding": {"fail": "status", "status": 500}})
    reply = ask(Question("/together"))
    assert reply.status == 502
    assert reply.body["type"] == TYPES + "source-unavailable"


def test_fastapis_own_refusals_become_problems(ask: Ask) -> None:
    """HTTPException keeps its status and its detail."""
    reply = ask(Question("/forbidden"))
    assert reply.status == 403
    assert reply.body["type"] == TYPES + "forbidden"
    assert reply.body["detail"] == "not for you"


def test_an_http_exceptions_headers_are_the_answers(ask: Ask) -> None:
    """Such as Retry-After and WWW-Authenticate; what fanin says of its answers stays."""
    reply = ask(Question("/full"))
    assert (reply.status, reply.headers["retry-after"]) == (429, "7")
    assert (reply.headers["cache-control"], reply.headers["content-type"]) == ("no-store", "application/problem+json")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/unknown", "there is no source 'goe'. Write 'geo'."),
        ("/incomplete", "a source refers to {city}, which is not given. Pass city=…"),
        ("/unstreamed", "a source refers to {city}, which is not given. Pass city=…"),
    ],
)
def test_a_mistaken_read_is_told_in_the_log(ask: Ask, caplog: pytest.LogCaptureFixture, path: str, says: str) -> None:
    assert ask(Question(path)).status == 500
    assert says in caplog.text


def test_what_a_handler_leaves_running_is_ended(ask: Ask) -> None:
    """A task frozen with the container would go on inside a later request."""
    assert ask(Question("/left")).status == 200
    assert _LEFT[0].cancelled()


def test_a_handler_written_by_hand_answers_with_one_sources_json(
    functions: dict[str, Ask], upstream: UpstreamClient
) -> None:
    """/data is a source's JSON, under the contract's headers."""
    upstream.reset()
    reply = functions["gateway"](Question("/data", "city=Lisbon"))
    assert reply.status == 200
    assert reply.body["name"] == "Lisbon"
    assert reply.sources == {"geo": "fresh"}


def test_a_handler_written_by_hand_answers_with_the_sources_problem(
    functions: dict[str, Ask], upstream: UpstreamClient
) -> None:
    """/data hands on what went wrong, as a problem."""
    upstream.rules({"open-meteo-geocoding": {"fail": "reset"}})
    reply = functions["gateway"](Question("/data", "city=Lisbon"))
    assert reply.status == 502
    assert reply.body["type"].endswith("/source-unavailable")
    assert reply.sources == {"geo": "source-unavailable"}
