"""A handler written by hand streams with one line, as an endpoint does."""

from typing import Any

import pytest
from fastapi import APIRouter
from starlette.responses import Response

from fanin.entrypoints.fastapi.sources import SourcesDep
from fanin.testing import fake_clock
from tests.streams.asking import EVENTS, LINES, Client, Told, application
from tests.streams.test_arrivals import THREE, sources_of, three
from tests.unit.scenario import Script, fails, gives

router = APIRouter()


@router.get("/own", response_class=Response)
async def own(sources: SourcesDep) -> Response:
    """Answer with two of the three."""
    return await sources.stream("quick", "slow")


def ask(quick: Script, slow: Script, accept: str = LINES, **client: Any) -> Told:
    app = application(THREE, three(quick, gives(2, 0.15), slow), [router])
    return fake_clock.run(Client("/own", {"accept": accept}, **client).ask(app))


def test_each_source_is_sent_when_it_arrives() -> None:
    told = ask(gives(1, 0.05), gives(3, 0.4))
    assert (told.status, told.head["content-type"]) == (200, LINES)
    assert sources_of(told) == [(0.05, "quick"), (0.4, "slow"), (0.4, "complete")]
    assert b"id: fanin-complete" in ask(gives(1, 0.05), gives(3, 0.4), EVENTS).body


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_other_clients_get_json_that_nobody_keeps(accept: str) -> None:
    told = ask(gives(1, 0.05), gives(3, 0.4), accept)
    assert (told.status, told.body) == (200, b'{"quick":1,"slow":3}')
    assert told.head["cache-control"] == "no-store"
    assert told.head["fanin-complete"] == "?1"


@pytest.mark.parametrize("accept", ["*/*", LINES])
def test_it_is_a_problem_if_every_source_fails(accept: str) -> None:
    told = ask(fails(after=0.05), fails(after=0.4), accept)
    assert (told.status, told.head["content-type"]) == (502, "application/problem+json")


def test_client_that_goes_ends_what_is_out() -> None:
    assert ask(gives(1, 0.05), gives(3, 0.4), leaves_after=0.1).left_running == 0
