"""The call log: filled behind the responses, and searched and filtered in the admin."""

import asyncio
import importlib
import sys
import urllib.error
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from fanin.engine.invocation import PageRequest
from fanin.entrypoints.servers.asgi import invocation_of
from fanin.local.upstream.process import Upstream
from tests.console.scene import TWO
from tests.contract.ask import Ask, Question
from tests.server.serving import Admin
from tests.unit.scenario import gives, scenario


def test_every_call_is_logged_and_can_be_found(
    functions: dict[str, Ask], admin: Admin, upstream: Upstream, mark: str
) -> None:
    upstream.rules({"open-meteo-air-quality": {"fail": "status", "status": 503}})
    asked = {name: ask(Question("/air/Lisbon", f"{mark}.{name}.")) for name, ask in functions.items()}
    upstream.reset()
    geo, air = ("geo", "fresh", "502"), ("air", "source-unavailable", "502")
    for name, reply in asked.items():
        by = f"{mark}.{name}."
        assert sorted(admin.await_calls(2, q=by)) == [air, geo]
        assert sorted(admin.calls(q=reply.headers["x-request-id"])) == [air, geo]
        assert admin.calls(q=by, source__exact="air") == [air]
        assert admin.calls(q=by, outcome__exact="fresh") == [geo]
        assert admin.calls(q=by, status__exact="200") == []


def test_the_log_is_filtered_by_source_outcome_status_and_time(
    admin: Admin, functions: dict[str, Ask], mark: str
) -> None:
    by = f"{mark}.time"
    functions["gateway"](Question("/air/Lisbon", by))
    admin.await_calls(2, q=by)
    page = admin.get("/admin/calls/call/")
    for title in ("By source", "By outcome", "By status", "By time"):
        assert title in page
    now = datetime.now(UTC)
    assert len(admin.calls(q=by, at__gte=(now - timedelta(hours=1)).isoformat())) == 2
    assert admin.calls(q=by, at__gte=(now + timedelta(hours=1)).isoformat()) == []


def test_nobody_writes_it(admin: Admin) -> None:
    assert "/admin/calls/call/add/" not in admin.home
    with pytest.raises(urllib.error.HTTPError, match="403"):
        admin.get("/admin/calls/call/add/")


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import the middleware without Django."""
    monkeypatch.setitem(sys.modules, "server.calls.models", SimpleNamespace(Call=SimpleNamespace))
    monkeypatch.delitem(sys.modules, "server.calls.log", raising=False)
    made = importlib.import_module("server.calls.log").Logged
    del sys.modules["server.calls.log"]
    return made


def test_the_calls_of_a_request_that_fails_are_logged_too(logged: Any) -> None:
    log: list[Any] = []
    result = scenario(TWO, a=gives({"id": 1}), b=gives(2)).run()

    async def failing(scope: Any, _receive: Any, _send: Any) -> None:
        invocation_of(scope).results.append(result)
        raise ValueError("a mistake")

    scope = {"type": "http", "path": "/e", "query_string": b"", "headers": []}
    with pytest.raises(ValueError, match="a mistake"):
        asyncio.run(logged(failing, SimpleNamespace(add=log.append))(scope, None, None))
    assert [(call.path, call.source, call.status) for call in log] == [("/e", "a", 500), ("/e", "b", 500)]


def test_a_request_that_the_consoles_run_has_made_is_logged_with_its_own_path_and_status(logged: Any) -> None:
    """The page's request has another path, and the status of a stream that has begun."""
    log: list[Any] = []
    result = scenario(TWO, a=gives({"id": 1}), b=gives(2)).run()

    async def running(scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        invocation_of(scope).results.append(result)
        invocation_of(scope).by_page.append(PageRequest("GET", "/e/In%C3%AAs", 502))

    async def nothing(_: Any) -> None:
        pass

    scope = {"type": "http", "path": "/console/run", "query_string": b"", "headers": []}
    asyncio.run(logged(running, SimpleNamespace(add=log.append))(scope, None, nothing))
    assert {(call.path, call.status) for call in log} == {("/e/Inês", 502)}
