"""`fanin add` of a document of Swagger 2.0: the same sources and endpoints as of OpenAPI 3."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Add, Run

STOCK: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Stock", "version": "1"},
    "host": "api.stock.example",
    "basePath": "/v2",
    "schemes": ["http", "https"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "securityDefinitions": {
        "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        "user": {"type": "basic"},
        "app": {"type": "oauth2", "flow": "application", "tokenUrl": "https://id.example/token", "scopes": {}},
    },
    "security": [{"key": []}],
    "parameters": {"page": {"name": "page", "in": "query", "type": "integer", "minimum": 1}},
    "responses": {"missing": {"description": "", "schema": {"type": "object"}}},
    "definitions": {
        "Item": {
            "type": "object",
            "required": ["sku"],
            "properties": {"sku": {"type": "string"}, "note": {"type": "string", "x-nullable": True}},
        }
    },
    "paths": {
        "/items/{sku}": {
            "parameters": [{"name": "sku", "in": "path", "required": True, "type": "string", "maxLength": 9}],
            "get": {
                "operationId": "getItem",
                "summary": "An item",
                "parameters": [
                    {"$ref": "#/parameters/page"},
                    {"name": "tags", "in": "query", "required": True, "type": "array", "items": {"type": "string"}},
                    {"name": "X-Tenant", "in": "header", "required": True, "type": "string"},
                ],
                "responses": {
                    "200": {"description": "", "schema": {"$ref": "#/definitions/Item"}},
                    "404": {"$ref": "#/responses/missing"},
                },
            },
            "put": {
                "operationId": "putItem",
                "security": [{"user": []}],
                "parameters": [{"name": "item", "in": "body", "schema": {"$ref": "#/definitions/Item"}}],
                "responses": {"204": {"description": ""}},
            },
        },
        "/orders": {
            "post": {
                "operationId": "order",
                "security": [{"app": ["write"]}],
                "consumes": ["application/x-www-form-urlencoded"],
                "parameters": [
                    {"name": "sku", "in": "formData", "required": True, "type": "string"},
                    {"name": "note", "in": "formData", "type": "string"},
                ],
                "responses": {"201": {"description": "", "schema": {"type": "object"}}},
            }
        },
        "/photos": {
            "post": {
                "operationId": "photo",
                "parameters": [{"name": "file", "in": "formData", "required": True, "type": "file"}],
                "responses": {"200": {"description": ""}},
            },
            "get": {
                "operationId": "photos",
                "produces": ["image/png"],
                "parameters": [{"$ref": "other.json#/size"}],
                "responses": {"200": {"description": "", "schema": {"type": "file"}}},
            },
        },
    },
}


@pytest.fixture
def document(tmp_path: Path) -> str:
    file = tmp_path / "swagger.json"
    file.write_text(json.dumps(STOCK))
    return str(file)


def test_its_operations_are_listed(run: Run, document: str) -> None:
    listed = run("add", document, "--json").json["operations"]
    assert [each["operation"] for each in listed] == ["getItem", "putItem", "order", "photos", "photo"]


def test_server_parameters_credentials_and_schemas_stand_where_they_do_of_openapi_3(add: Add, document: str) -> None:
    _, tables = add(document, "--operation", "getItem")
    assert tables["upstreams"]["stock"]["url"] == "https://api.stock.example/v2"
    assert tables["upstreams"]["stock"]["auth"] == {"header": {"name": "X-Api-Key", "value": "{!stock_key}"}}
    source = tables["sources"]["get_item"]
    assert source["url"] == "/items/{sku}?tags={tags}"
    assert (source["separator"], source["headers"]) == (",", {"X-Tenant": "{x_tenant}"})
    assert source["expect"] == {
        "type": "object",
        "properties": {"sku": {"type": "string"}, "note": {"type": ["string", "null"]}},
        "required": ["sku"],
    }
    parameters = tables["endpoints"]["get_item"]["parameters"]
    assert (parameters["sku"], parameters["tags"]) == ({"max_length": 9}, {"type": "list", "separator": ","})
    assert "# page = { type = \"integer\", minimum = 1, optional = true }" in (Path(document).parent / "fanin.toml").read_text()  # fmt: skip # noqa: E501, Q003


def test_bodies_and_forms(add: Add, document: str) -> None:
    _, tables = add(document, "--operation", "putItem")
    assert tables["sources"]["put_item"]["body"] == "{input}"
    assert tables["endpoints"]["put_item"]["input"]["required"] == ["sku"]
    assert tables["upstreams"]["stock"]["auth"] == {"basic": {"user": "{!stock_user}", "password": "{!stock_password}"}}
    (Path(document).parent / "fanin.toml").unlink()
    _, tables = add(document, "--operation", "order")
    order = tables["sources"]["order"]
    assert order["form"] == {"sku": "{input.sku}", "note": "{input.note?}"}
    assert tables["upstreams"]["stock"]["auth"]["oauth2"]["token_url"] == "https://id.example/token"
    assert tables["endpoints"]["order"]["status"] == 201


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("photo", "needs a body of multipart/form-data, and this adds JSON and forms. A handler can"),
        ("photos", "'other.json#/size' leads to another file"),
    ],
)
def test_what_cannot_be_said_is_refused(run: Run, document: str, tmp_path: Path, operation: str, message: str) -> None:
    ran = run("add", document, "--operation", operation, "--file", str(tmp_path / "fanin.toml"))
    assert (ran.code, message in ran.messages) == (1, True), ran.messages
    assert not (tmp_path / "fanin.toml").exists()


def test_without_a_host_the_api_is_where_the_document_is_and_a_file_says_none(
    add: Add, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "swagger.json"
    file.write_text(json.dumps({key: value for key, value in STOCK.items() if key != "host"}))
    ran = run("add", str(file), "--operation", "getItem", "--file", str(tmp_path / "fanin.toml"))
    assert (ran.code, "does not say where the API is. Write --server" in ran.messages) == (1, True)
    _, tables = add(str(file), "--operation", "getItem", "--server", "https://stock.example")
    assert tables["upstreams"]["stock"]["url"] == "https://stock.example"


@pytest.mark.parametrize("odd", [1, "x", [], {}, [1], {"a": 1}, {"get": 1}, None])
@pytest.mark.parametrize(
    "key", ["host", "basePath", "schemes", "consumes", "securityDefinitions", "paths", "parameters"]
)
def test_odd_parts_are_passed_over(run: Run, tmp_path: Path, key: str, odd: object) -> None:
    file = tmp_path / "swagger.json"
    file.write_text(json.dumps({**STOCK, key: odd}))
    for arguments in ((), ("--operation", "getItem", "--dry-run", "--file", str(tmp_path / "fanin.toml"))):
        assert run("add", str(file), *arguments).code in (0, 1)


@pytest.mark.parametrize(("sku", "kept"), [("a1", True), (7, False)])
def test_an_example_that_is_not_as_its_schema_says_takes_the_schema_away(
    add: Add, tmp_path: Path, sku: object, *, kept: bool
) -> None:
    answer = {"schema": {"$ref": "#/definitions/Item"}, "examples": {"application/json": {"sku": sku}}}
    got = {"operationId": "got", "security": [], "responses": {"200": answer}}
    (file := tmp_path / "stock.json").write_text(json.dumps({**STOCK, "paths": {"/got": {"get": got}}}))
    assert ("expect" in add(str(file), "--operation", "got")[1]["sources"]["got"]) == kept
