"""Parameters on the wire: where each is sent, under which name, and what references see of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from fanin.config import parse
from fanin.config.values import Json
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.invocation import Invocation
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.entrypoints.fastapi.openapi import document
from fanin.errors import RequestError
from fanin.jobs.order import Orders
from fanin.testing import App, gives
from tests.unit.scenario import gives as scene_gives
from tests.unit.scenario import scenario
from tests.websocket.scenes import Client

TOML = Path("tests/contract/own/cases/parameters.toml").read_text(encoding="utf-8")
CATALOGUE = Catalogue(parse(TOML, {}), lambda: 0.0)
SENT: dict[str, Json] = {"filter[tag]": ["aa", "bb"], "state": "closed", "X-Tenant": "acme", "sid": "me"}


def asked(endpoint: str, request: ClientRequest) -> str:
    """Give the URL that a request's first call asks for."""
    (call,) = CATALOGUE.begin(endpoint, request, None, Invocation("id", 10.0)).start()
    return call.request.url.partition("?")[2]


def test_a_check_gives_what_may_be_checked_and_begun_again() -> None:
    """As a job is: recorded by the names and values of the wire, and run later."""
    checked = CATALOGUE.check("find", SENT)
    assert checked == {
        **SENT,
        "pageSize": 10,
        "after": None,
        "sort": "name",
    }
    assert CATALOGUE.check("find", json.loads(json.dumps(checked))) == checked
    url = "tag=aa&tag=bb&page=10&state=0&tenant=acme&who=me&sort=name"
    assert asked("find", ClientRequest(SENT)) == asked("find", ClientRequest(checked, checked=True)) == url


def test_a_job_takes_every_parameter_by_its_name_on_the_wire() -> None:
    orders = Orders(CATALOGUE)
    order = orders.order("find", SENT)
    assert orders.order("find", order.parameters).fingerprint == order.fingerprint
    with pytest.raises(RequestError) as caught:
        orders.order("find", SENT | {"tags": ["aa"]})
    assert caught.value.parameters == (("tags", "the endpoint has no such parameter"),)


def test_a_subscription_says_where_the_same_answer_is_by_http() -> None:
    config = CATALOGUE.config
    checked = CATALOGUE.check("find", SENT | {"after": "a b"})
    assert config.endpoints["find"].target(checked) == (
        "/find?filter%5Btag%5D=aa&filter%5Btag%5D=bb&pageSize=10&state=closed&after=a%20b&sort=name"
    )
    checked = CATALOGUE.check("list", {"ids": [1, 2], "kinds": ["a", "b"]})
    assert config.endpoints["list"].target(checked) == "/list/1%2C2?kinds=a%7Cb"


def test_a_message_takes_them_as_a_job_does() -> None:
    scene = scenario(TOML.replace("fanin = 1", ""), found=scene_gives(1))
    message = {"action": "subscribe", "id": "a", "endpoint": "find", "params": SENT}
    (source, complete) = Client(scene).run((0, message))
    assert (source["value"], complete["status"]) == (1, 200)
    assert scene.requests["found"].url.endswith("?tag=aa&tag=bb&page=10&state=0&tenant=acme&who=me&sort=name")


@pytest.mark.parametrize(
    ("place", "headers", "vary", "private"),
    [
        ('in = "header"\nsent_as = "X-Tenant"', {"x-tenant": "a"}, "X-Tenant", True),
        ('in = "header"\nsent_as = "Accept-Language"', {"accept-language": "a"}, "Accept-Language", False),
        ('in = "cookie"\nsent_as = "sid"', {"cookie": "sid=a"}, "Cookie", True),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/sync"])
def test_an_answer_that_may_be_kept_says_what_it_varies_by(  # noqa: PLR0913 - what a case is
    tmp_path: Path, prefix: str, place: str, headers: dict[str, str], vary: str, *, private: bool
) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(
        f'fanin = 1\n[sources.a]\nurl = "https://a.example?t={{t}}"\ncache = {{ fresh = "1m" }}\n'
        f'[endpoints.e]\npath = "/e"\nsources = ["a"]\n[endpoints.e.parameters.t]\n{place}\n'
    )
    reply = App(file, {"a": gives(1)}).request("GET", f"{prefix}/e", headers=headers)
    assert reply.status == 200
    if not prefix:  # the sync function keeps nothing
        kept = reply.headers["cache-control"]
        assert reply.headers["vary"] == f"{vary}, Accept"
        assert (kept.startswith("private, "), "max-age=" in kept) == (private, True)


def test_a_list_is_sent_item_by_item_in_a_test(tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(TOML)
    app = App(file, {"found": gives(1), "listed": gives(1)})
    query: dict[str, Any] = {"filter[tag]": ["aa", "bb"], "pageSize": 3}
    assert app.request("GET", "/find", query=query, headers={"x-tenant": "t"}).status == 200
    assert "?tag=aa&tag=bb&page=3&" in app.sources["found"].urls[0]


def test_the_description_has_every_parameter_where_and_as_it_is_sent() -> None:
    described = document(gateway_app(CATALOGUE, {}))
    OpenAPIV31SpecValidator(described).validate()
    parameters = {each["name"]: each for each in described["paths"]["/find"]["get"]["parameters"]}
    assert parameters["filter[tag]"] == {
        "name": "filter[tag]",
        "in": "query",
        "required": False,
        "style": "form",
        "explode": True,
        "schema": {
            "type": "array",
            "items": {"type": "string", "minLength": 2, "maxLength": 256, "pattern": "^(?:[a-z]+)$"},
            "minItems": 1,
            "maxItems": 3,
            "default": ["all"],
        },
    }
    assert parameters["state"]["schema"] == {"type": "string", "enum": ["open", "closed"], "default": "open"}
    assert (parameters["X-Tenant"]["in"], parameters["X-Tenant"]["required"]) == ("header", True)
    assert (parameters["sid"]["in"], parameters["after"]["required"]) == ("cookie", False)
    lists = {each["name"]: each for each in described["paths"]["/list/{ids}"]["get"]["parameters"]}
    assert (lists["ids"]["style"], lists["ids"]["required"]) == ("simple", True)
    assert lists["kinds"]["style"] == "pipeDelimited"
