"""Who asks, as a test says: endpoints, handlers written by hand, their description, and what the log tells."""

import json
import logging
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, Query, Response
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from fanin.entrypoints.fastapi.caller import Caller, caller
from fanin.entrypoints.fastapi.sources import SourcesDep
from fanin.testing import App, gives
from tests.testing.world import MODELS

FILE = """fanin = 1
[callers.staff]
authorizer = { scopes = ["orders:read"] }
[callers.services]
iam = {}
[sources.orders]
url = "https://crm.example/tenants/{caller.tenant}/orders"
cache = { fresh = "1m" }
[sources.version]
value = "1"
[endpoints.orders]
path = "/orders"
caller = "staff"
sources = ["orders"]
allow = "caller.tenant != 'evil'"
[endpoints.role]
path = "/role"
caller = "services"
sources = ["version"]
[endpoints.version]
path = "/version"
caller = "anyone"
sources = ["version"]
"""
ADA = {"sub": "ada@example.com", "tenant": "acme"}
router = APIRouter()


@router.get("/mine", response_class=Response)
async def mine(
    sources: SourcesDep, who: Annotated[Caller, Depends(caller("staff"))], most: Annotated[int, Query(le=9)] = 5
) -> Response:
    """Answer with whose orders these are."""
    return sources.respond({"who": who.claims["sub"], "most": most, "orders": await sources.read("orders")}, keep=True)


@pytest.fixture
def app(tmp_path: Path) -> App:
    file = tmp_path / "fanin.toml"
    file.write_text(FILE)
    return App(file, {"orders": gives([1])}, routers=[router])


@MODELS
def test_a_test_says_who_asks(app: App, prefix: str) -> None:
    reply = app.request("GET", f"{prefix}/orders", caller=ADA)
    assert (reply.status, reply.body) == (200, {"orders": [1]})
    assert app.sources["orders"].urls == ["https://crm.example/tenants/acme/orders"]
    assert app.get(f"{prefix}/version").status == 200


@MODELS
def test_a_request_without_a_caller_is_one_without_credentials(app: App, prefix: str) -> None:
    """The one after a request with a caller, too."""
    app.request("GET", f"{prefix}/orders", caller=ADA)
    reply = app.get(f"{prefix}/orders")
    assert (reply.status, reply.headers["www-authenticate"]) == (401, 'Bearer realm="staff"')
    refused = app.request("GET", f"{prefix}/orders", caller={**ADA, "tenant": "evil"})
    assert (refused.status, refused.body["title"]) == (403, "Not allowed")


def test_a_handler_written_by_hand_knows_who_asks_and_so_do_its_sources(app: App) -> None:
    reply = app.request("GET", "/mine", caller=ADA)
    assert reply.body == {"who": "ada@example.com", "most": 5, "orders": [1]}
    assert app.sources["orders"].urls == ["https://crm.example/tenants/acme/orders"]
    assert reply.headers["cache-control"].startswith("private, max-age=")
    assert reply.headers["vary"] == "Authorization"


def test_a_handler_written_by_hand_refuses_others_before_it_reads_anything(app: App) -> None:
    """Before its parameters, too."""
    for target in ("/mine", "/mine?most=10"):
        reply = app.get(target)
        assert (reply.status, reply.body["title"]) == (401, "Not authenticated")
        assert reply.headers["www-authenticate"] == 'Bearer realm="staff"'
    assert app.request("GET", "/mine?most=10", caller=ADA).status == 422
    assert app.sources["orders"].calls == []


def test_the_description_says_who_may_ask(app: App) -> None:
    described: Any = app.get("/openapi.json").body
    OpenAPIV31SpecValidator(described).validate()
    schemes = described["components"]["securitySchemes"]
    assert {name: scheme["type"] for name, scheme in schemes.items()} == {"staff": "http", "services": "apiKey"}
    assert schemes["staff"]["description"] == "what API Gateway's authorizer lets in, with orders:read"
    for path, name in (("/orders", "staff"), ("/role", "services"), ("/mine", "staff")):
        operation = described["paths"][path]["get"]
        assert operation["security"] == [{name: []}]
        assert {"401", "403", "503"} <= operation["responses"].keys()
    opened = described["paths"]["/version"]["get"]
    assert "security" not in opened
    assert not {"401", "403"} & opened["responses"].keys()


@MODELS
def test_a_test_asks_for_a_stream_with_a_ticket(app: App, prefix: str) -> None:
    ticket = app.request("POST", "/tickets", caller=ADA).body["ticket"]
    events = {"Accept": "text/event-stream"}
    stream = app.request("GET", f"{prefix}/orders", query={"ticket": ticket}, headers=events)
    assert [record["type"] for record in stream.records] == ["source", "complete"]
    assert app.sources["orders"].urls == ["https://crm.example/tenants/acme/orders"]
    assert app.request("GET", f"{prefix}/orders", query={"ticket": ticket}, headers=events).status == 401
    assert app.post("/tickets").status == 401


def test_the_description_says_how_to_get_a_ticket(app: App) -> None:
    described: Any = app.get("/openapi.json").body
    operation = described["paths"]["/tickets"]["post"]
    assert operation["security"] == [{"staff": []}, {"services": []}]
    body = operation["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator(body).validate(app.request("POST", "/tickets", caller=ADA).body)
    assert {"401", "403", "429", "503", "default"} < operation["responses"].keys()


def test_a_file_without_callers_has_none_in_its_description(tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text('fanin = 1\n[sources.a]\nvalue = 1\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n')
    described = json.dumps(App(file).get("/openapi.json").body)
    assert "NotAuthenticated" not in described
    assert "securitySchemes" not in described
    assert "/tickets" not in described
    assert App(file).post("/tickets").status == 404


@MODELS
def test_the_log_names_the_caller_and_a_hash_of_who_it_is(
    app: App, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "fanin"):
        app.request("GET", f"{prefix}/orders", caller=ADA)
        app.request("GET", f"{prefix}/orders", caller={**ADA, "iat": 7})
        app.request("GET", f"{prefix}/orders", caller={**ADA, "sub": "bob@example.com"})
        app.get(f"{prefix}/orders")
    lines: list[Any] = [record for record in caplog.records if record.getMessage() == "request"]
    assert [getattr(line, "caller", None) for line in lines] == ["staff", "staff", "staff", None]
    first, again, other = [line.caller_id for line in lines[:3]]
    assert first == again != other
    assert "ada@" not in "".join(str(vars(line)) for line in lines)
