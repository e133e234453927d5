"""`fanin add`: what a document or a curl command becomes, and that nothing is lost or let in."""

# ruff: noqa: E501 - a case reads best on one line

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fanin.cli.adding import parse, read, shell
from tests.cli.conftest import Add, Run
from tests.stores.faulty import served

SCHEMAS: dict[str, Any] = {
    "Shop": {
        "type": "object",
        "required": ["id", "secret"],
        "properties": {
            "id": {"type": "integer"},
            "secret": {"type": "string", "writeOnly": True},
            "note": {"type": "string", "nullable": True, "pattern": "^(?!x)"},
            "owner": {"$ref": "#/components/schemas/Owner"},
        },
    },
    "Owner": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/components/schemas/Shop"}}]},
    "New": {
        "type": "object",
        "required": ["id", "name"],
        "additionalProperties": False,
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string", "format": "email"}},
    },
}


def parameter(name: str, place: str, *, required: bool = False, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required or place == "path", "schema": {"type": "string"}, **more}


def answer(schema: Any, kind: str = "application/json") -> dict[str, Any]:
    return {"description": "", "content": {kind: {"schema": schema}}}


SHOP: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Shop\n[sources.evil]", "version": "2.1"},
    "servers": [{"url": "http://shop.example"}, {"url": "https://{at}.shop.example/v2/", "variables": {"at": {"default": "api"}}}],
    "security": [{"key": []}],
    "paths": {
        "/shops/{shopId}": {
            "parameters": [parameter("shopId", "path", schema={"type": "integer", "minimum": 1})],
            "get": {
                "operationId": "getShop",
                "summary": "A shop",
                "parameters": [
                    parameter("filter[tag]", "query", required=True),
                    parameter("lang", "query", required=True, schema={"type": "string", "enum": ["en", "pt"]}),
                    parameter("page", "query", schema={"type": "integer", "default": 1}),
                    parameter("deep", "query", style="deepObject", schema={"type": "object"}),
                    parameter("X-Tenant", "header", required=True),
                    parameter("Accept", "header", required=True),
                ],
                "responses": {"200": answer({"$ref": "#/components/schemas/Shop"}), "404": {"description": ""}},
            },
        },
        "/shops": {
            "post": {
                "operationId": "../../etc/passwd\n[x]",
                "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}},
                "responses": {"201": answer({"type": "object"})},
            },
            "get": {"operationId": "input", "security": [], "responses": {"200": {"description": ""}}},
        },
        "/charges": {
            "post": {
                "operationId": "charge",
                "security": [{"basic": []}],
                "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {
                    "type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer"}, "note": {"type": "string"}, "card": {"type": "object"}},
                }}}},
                "responses": {"202": {"description": ""}},
            }
        },
        "/report.pdf": {"get": {"operationId": "report", "security": [{"oauth": ["read"]}], "responses": {"200": answer({}, "application/pdf")}}},
        "/upload": {"post": {"operationId": "upload", "requestBody": {"required": True, "content": {"multipart/form-data": {}}}, "responses": {}}},
        "/up/../x": {"get": {"operationId": "up", "responses": {}}},
        "/far": {"get": {"operationId": "far", "parameters": [{"$ref": "https://evil.example/x.json"}], "responses": {}}},
        "/round": {"get": {"operationId": "round", "parameters": [{"$ref": "#/components/a"}], "responses": {}}},
    },
    "components": {
        "a": {"$ref": "#/components/b"},
        "b": {"$ref": "#/components/a"},
        "schemas": SCHEMAS,
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "query", "name": "api_key"},
            "basic": {"type": "http", "scheme": "basic"},
            "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://id.example/t", "scopes": {}}}},
        },
    },
}  # fmt: skip


@pytest.fixture
def document(tmp_path: Path) -> str:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(SHOP))
    return str(file)


def test_without_an_operation_all_are_listed(run: Run, document: str) -> None:
    ran = run("add", document)
    assert "getShop" in ran.output
    assert "GET     /shops/{shopId}" in ran.output
    assert len(run("add", document, "--json").json["operations"]) == 9


def test_an_operation_becomes_a_source_and_an_endpoint(add: Add, run: Run, document: str, tmp_path: Path) -> None:
    ran, tables = add(document, "--operation", "getShop")
    assert tables["upstreams"]["shop"] == {
        "url": "https://api.shop.example/v2",
        "auth": {"query": {"name": "api_key", "value": "{!shop_key}"}},
        "timeout": "5s",
    }
    source = tables["sources"]["get_shop"]
    assert source["url"] == "/shops/{shop_id}?filter[tag]={filter_tag}&lang={lang}"
    assert source["headers"] == {"X-Tenant": "{x_tenant}"}
    endpoint = tables["endpoints"]["get_shop"]
    assert (endpoint["path"], endpoint["sources"]) == ("/shops/{shop_id}", ["get_shop"])
    assert endpoint["parameters"] == {
        "shop_id": {"type": "integer", "minimum": 1},
        "filter_tag": {"sent_as": "filter[tag]"},
        "lang": {"enum": ["en", "pt"]},
        "x_tenant": {"in": "header", "sent_as": "X-Tenant"},
    }
    text = (tmp_path / "fanin.toml").read_text()
    assert '# page = { type = "integer", default = 1 }' in text
    assert "&page={page}" in text
    assert "# Left out: 'deep' in the query, an object" in text
    assert "left out: 'deep' in the query, an object" in ran.messages
    assert "FANIN_SECRET_SHOP_KEY" in ran.messages
    assert "by openapi.json" in text
    explained = run("explain", "get_shop", "--json", "--file", str(tmp_path / "fanin.toml")).json
    assert explained["sources"][0]["asks"] == "GET https://api.shop.example"


def test_the_schema_of_the_answer_is_what_the_value_has_to_be(add: Add, document: str) -> None:
    expect = add(document, "--operation", "getShop")[1]["sources"]["get_shop"]["expect"]
    assert expect["$ref"] == "#/$defs/Shop"
    shop, owner = expect["$defs"]["Shop"], expect["$defs"]["Owner"]
    assert shop["required"] == ["id"], "what is only written is in no answer"
    assert shop["properties"]["note"] == {"type": ["string", "null"]}, "a pattern that looks ahead is left out"
    assert owner["anyOf"][1]["items"] == {"$ref": "#/$defs/Shop"}


def test_a_header_with_an_underscore_is_sent_by_clients_with_a_hyphen(add: Add, tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    got = {"operationId": "got", "parameters": [parameter("shop_id", "header", required=True)], "responses": {}}
    file.write_text(json.dumps({**SHOP, "security": [], "paths": {"/got": {"get": got}}}))
    tables = add(str(file), "--operation", "got")[1]
    assert tables["sources"]["got"]["headers"] == {"shop_id": "{shop_id}"}
    assert tables["endpoints"]["got"]["parameters"] == {"shop_id": {"in": "header", "sent_as": "shop-id"}}


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/Items('{id}')", "/Items('{id:odata}')"),
        ("/Items(Name='{name}',Kind='{kind}')/Parts", "/Items(Name='{name:odata}',Kind='{kind:odata}')/Parts"),
        ("/Items({id})", "/Items({id})"),
        ("/it's{id}", "/it's{id}"),
    ],
)
def test_a_text_key_of_odata_is_escaped(add: Add, run: Run, tmp_path: Path, path: str, url: str) -> None:
    file = tmp_path / "api.json"
    got = {"operationId": "got", "responses": {}}
    file.write_text(json.dumps({**SHOP, "security": [], "paths": {path: {"get": got}}}))
    assert add(str(file), "--operation", "got")[1]["sources"]["got"]["url"] == url
    assert run("check", "--strict", "--file", str(tmp_path / "fanin.toml")).code == 0


def test_no_client_sends_the_credentials_that_a_document_has_as_parameters(add: Add, tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    given = [
        parameter("X-Api-Key", "header", required=True),
        parameter("appSecret", "query", required=True),
        parameter("pageToken", "query", required=True),
        parameter("token", "query"),
        parameter("key", "query", required=True, schema={"type": "integer"}),
    ]
    got = {"operationId": "got", "parameters": given, "responses": {}}
    file.write_text(json.dumps({**SHOP, "security": [], "paths": {"/got": {"get": got}}}))
    ran, tables = add(str(file), "--operation", "got")
    assert tables["upstreams"]["shop"]["auth"] == {"header": {"name": "X-Api-Key", "value": "{!shop_x_api_key}"}}
    assert tables["sources"]["got"]["url"] == "/got?pageToken={page_token}&key={key}&appSecret={!shop_app_secret}"
    assert tables["endpoints"]["got"]["parameters"] == {
        "page_token": {"sent_as": "pageToken"},
        "key": {"type": "integer"},
    }
    assert "FANIN_SECRET_SHOP_X_API_KEY: the header X-Api-Key" in ran.messages
    assert "FANIN_SECRET_SHOP_APP_SECRET: the parameter 'appSecret' of the query" in ran.messages


@pytest.mark.parametrize(("others", "secret"), [(0, True), (1, False), (2, False)])
def test_a_key_that_few_operations_need_is_of_a_thing(add: Add, tmp_path: Path, *, others: int, secret: bool) -> None:
    """And that of nearly all is the API's own."""
    file = tmp_path / "api.json"
    got = {"operationId": "got", "parameters": [parameter("key", "query", required=True)], "responses": {}}
    more = {f"/{number}": {"get": {"operationId": f"o{number}", "responses": {}}} for number in range(others)}
    file.write_text(json.dumps({**SHOP, "security": [], "paths": {"/got": {"get": got}, **more}}))
    tables = add(str(file), "--operation", "got")[1]
    assert ("auth" in tables["upstreams"]["shop"]) == secret
    assert ("parameters" in tables["endpoints"]["got"]) != secret


@pytest.mark.parametrize("required", [True, False])
def test_a_parameter_that_is_a_security_scheme_is_not_sent_twice(add: Add, tmp_path: Path, *, required: bool) -> None:
    file = tmp_path / "api.json"
    got = {"operationId": "got", "parameters": [parameter("api_key", "query", required=required)], "responses": {}}
    file.write_text(json.dumps({**SHOP, "paths": {"/got": {"get": got}}}))
    tables = add(str(file), "--operation", "got")[1]
    assert tables["upstreams"]["shop"]["auth"] == {"query": {"name": "api_key", "value": "{!shop_key}"}}
    assert tables["sources"]["got"]["url"] == "/got"
    assert "parameters" not in tables["endpoints"]["got"]


@pytest.mark.parametrize(("required", "auth"), [(True, "{!shop_authorization}"), (False, None)])
def test_the_header_authorization_is_a_credential(
    add: Add, tmp_path: Path, *, required: bool, auth: str | None
) -> None:
    file = tmp_path / "api.json"
    given = [parameter("Authorization", "header", required=required)]
    got = {"operationId": "got", "parameters": given, "responses": {}}
    file.write_text(json.dumps({**SHOP, "security": [], "paths": {"/got": {"get": got}}}))
    ran, tables = add(str(file), "--operation", "got")
    assert tables["upstreams"]["shop"].get("auth", {}).get("header", {}).get("value") == auth
    assert "parameters" not in tables["endpoints"]["got"]
    assert ("left out: credentials, which the API takes and does not need" in ran.messages) != required


def test_two_keys_that_are_needed_together_are_two_secrets(add: Add, tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    schemes = {name: {"type": "apiKey", "in": "header", "name": name} for name in ("X-Key", "X-Token", "X Bad")}
    got = {"operationId": "got", "security": [{name: [] for name in schemes}], "responses": {}}
    file.write_text(json.dumps({**SHOP, "paths": {"/got": {"get": got}}, "components": {"securitySchemes": schemes}}))
    ran, tables = add(str(file), "--operation", "got")
    assert tables["upstreams"]["shop"]["auth"] == {"header": {"name": "X-Key", "value": "{!shop_key}"}}
    assert tables["sources"]["got"]["headers"] == {"X-Token": "{!shop_key_2}"}
    assert "left out: credentials in the header 'X Bad'" in ran.messages
    assert "SHOP_KEY_3" not in ran.messages


def test_of_two_credentials_in_one_header_the_second_is_left_out(add: Add, tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    schemes = {
        "basic": {"type": "http", "scheme": "basic"},
        "token": {"type": "apiKey", "in": "header", "name": "Authorization"},
    }
    got = {"operationId": "got", "security": [{"basic": [], "token": []}], "responses": {}}
    file.write_text(json.dumps({**SHOP, "paths": {"/got": {"get": got}}, "components": {"securitySchemes": schemes}}))
    ran, tables = add(str(file), "--operation", "got")
    assert "basic" in tables["upstreams"]["shop"]["auth"]
    assert "headers" not in tables["sources"]["got"]
    assert "left out: a second kind of credentials, which has its place in Authorization as well" in ran.messages


@pytest.mark.parametrize(
    ("examples", "at"),
    [
        ({"example": {"id": 1}}, None),
        ({"example": '{"id": 1}'}, None),
        ({"example": {"id": None}}, " at /id"),
        ({"example": "no JSON"}, ""),
        ({"examples": {"one": {"value": {"id": 1}}, "two": {"$ref": "#/components/examples/odd"}}}, " at /id"),
        ({"schema": {"type": "object", "example": []}}, ""),
        ({"schema": {"type": "array", "examples": [[], [1], {}]}}, ""),
    ],
)
def test_a_schema_that_the_documents_own_example_is_not_as_is_left_out(
    add: Add, tmp_path: Path, examples: Any, at: str | None
) -> None:
    file = tmp_path / "api.json"
    schema = {"type": "object", "properties": {"id": {"type": "integer"}}}
    answers = {"200": {"content": {"application/json": {"schema": schema, **examples}}}}
    components = {"examples": {"odd": {"value": {"id": "1"}}}}
    got = {"operationId": "got", "responses": answers}
    file.write_text(json.dumps({**SHOP, "security": [], "paths": {"/got": {"get": got}}, "components": components}))
    ran, tables = add(str(file), "--operation", "got")
    assert ("expect" in tables["sources"]["got"]) == (at is None)
    told = f"left out: the schema of the answer: the document's own example is not as it says{at}\n"
    assert (told in ran.messages) == (at is not None)


@pytest.mark.parametrize(("number", "kept"), [(1, True), ("1", False)])
def test_a_body_that_is_no_example_of_its_schema_is_taken_as_it_is(
    add: Add, tmp_path: Path, number: object, *, kept: bool
) -> None:
    file = tmp_path / "api.json"
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    body = {"content": {"application/json": {"schema": schema, "example": {"n": number}}}}
    put = {"operationId": "put", "requestBody": body, "responses": {}}
    file.write_text(json.dumps({**SHOP, "security": [], "paths": {"/got": {"put": put}}}))
    ran, tables = add(str(file), "--operation", "put")
    assert tables["endpoints"]["put"]["input"] == (schema if kept else {})
    assert ("left out: the schema of the body" in ran.messages) != kept


def test_a_body_becomes_the_clients_input(add: Add, document: str) -> None:
    tables = add(document, "--operation", "POST /shops")[1]
    ((name, source),) = tables["sources"].items()
    assert name == "etc_passwd_x"
    assert (source["method"], source["body"]) == ("POST", "{input}")
    endpoint = tables["endpoints"][name]
    assert (endpoint["method"], endpoint["path"], endpoint["status"]) == ("POST", "/shops", 201)
    assert endpoint["input"] == {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "name": {"type": "string", "format": "email"}},
        "required": ["name"],
        "additionalProperties": False,
    }


def test_forms_bytes_and_kinds_of_credentials(add: Add, document: str) -> None:
    ran, tables = add(document, *(f"--operation={each}" for each in ("charge", "report", "input")))
    assert tables["sources"]["charge"]["form"] == {"amount": "{input.amount}", "note": "{input.note?}"}
    assert tables["sources"]["charge"]["statuses"] == {"202": "null"}
    assert tables["sources"]["charge"]["auth"] == {"basic": {"user": "{!shop_user}", "password": "{!shop_password}"}}
    assert tables["endpoints"]["report"]["passthrough"] == {"source": "report"}
    assert tables["sources"]["report"]["auth"]["oauth2"] == {
        "token_url": "https://id.example/t",
        "client_id": "{!shop_client_id}",
        "client_secret": "{!shop_client_secret}",
        "scope": "read",
    }
    assert "auth" not in tables["upstreams"]["shop"]
    assert "auth" not in tables["sources"]["input_"], "what is reserved has another name, and what is public no secret"
    assert "and fields beyond 40: card" in ran.messages


def test_what_is_there_stays_byte_for_byte(add: Add, run: Run, document: str, tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    before = b'fanin = 1 # \xc3\xa9\r\n[upstreams.mine]\r\nurl="https://api.shop.example/v2"\r\n[sources]\r\n[endpoints]\r\n# the end'
    file.write_bytes(before)
    _, tables = add(document, "--operation", "getShop")
    after = file.read_bytes()
    assert after.startswith(before + b"\r\n\r\n# getShop")
    assert after.count(b"\n") == after.count(b"\r\n")
    assert list(tables["upstreams"]) == ["mine"], "an upstream that is there is taken"
    ran = run("add", document, "--operation", "getShop", "--file", str(file))
    assert (ran.code, "'get_shop' is taken" in ran.messages, "--name" in ran.messages) == (1, True, True)
    assert file.read_bytes() == after
    add(document, "--operation", "getShop", "--name", "shop2")
    assert file.read_bytes().startswith(after)


def test_a_file_with_variables_gets_one_for_the_url(run: Run, document: str, tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    before = "fanin = 1\n# [variables]\n[sources.v]\nvalue = '''\n[variables]\n'''\n"
    file.write_text(f"{before} [variables] # where APIs are\nother = 'x'\n[endpoints]\n")
    file.chmod(0o640)
    ran = run("add", document, "--operation", "getShop", "--dry-run", "--file", str(file))
    assert ran.output.startswith('# below [variables]\nshop = "https://api.shop.example/v2"\n')
    run("add", document, "--operation", "getShop", "--file", str(file))
    run("add", "curl https://b.example.com/x?y=1", "--file", str(file))
    run("add", "curl https://b.example.com/z", "--file", str(file), FANIN_VARIABLES="example=http://127.0.0.1:1")
    tables = tomllib.loads(file.read_text())
    assert tables["variables"] == {
        "other": "x",
        "shop": "https://api.shop.example/v2",
        "example": "https://b.example.com",
    }
    assert tables["upstreams"]["shop"]["url"] == "{$shop}"
    assert [tables["sources"][name]["url"] for name in "xz"] == ["{$example}/x?y=1", "{$example}/z"]
    text = file.read_text()
    assert text.startswith(before)
    assert "where APIs are" in text
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["fanin.toml", "openapi.json"]


def test_a_dry_run_writes_nothing(run: Run, document: str, tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    ran = run("add", document, "--operation", "getShop", "--dry-run", "--file", str(file))
    assert "[sources.get_shop]" in ran.output
    assert not file.exists()


def test_a_source_may_be_without_an_endpoint(run: Run, document: str, tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    for operation in ("getShop", "report"):
        assert run("add", document, "--operation", operation, "--source-only", "--file", str(file)).code == 0
    assert tomllib.loads(file.read_text())["endpoints"] == {}


def test_a_file_with_callers_says_who_may_ask(run: Run, document: str, tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    one = "fanin = 1\n[callers.a]\nauthorizer = {}\n"
    file.write_text(one + "[sources]\n[endpoints]\n")
    assert run("add", document, "--operation", "getShop", "--file", str(file)).code == 0
    assert tomllib.loads(file.read_text())["endpoints"]["get_shop"]["caller"] == "a"
    file.write_text(one + "[callers.b]\nauthorizer = {}\n[sources]\n[endpoints]\n")
    ran = run("add", document, "--operation", "getShop", "--file", str(file))
    assert (ran.code, "--caller" in ran.messages) == (1, True)


def test_a_large_schema_stands_in_a_file_and_is_cut(add: Add, run: Run, tmp_path: Path) -> None:
    wide = {f"field_{n}": {"type": "string"} for n in range(300)}
    schemas = {
        f"S{n}": {"type": "object", "properties": {**wide, "next": {"$ref": f"#/components/schemas/S{n + 1}"}}}
        for n in range(20)
    }
    paths = {"/a": {"get": {"operationId": "a", "responses": {"200": answer({"$ref": "#/components/schemas/S0"})}}}}
    file = tmp_path / "large.json"
    file.write_text(json.dumps({**SHOP, "paths": paths, "components": {"schemas": schemas}}))
    ran, tables = add(str(file), "--operation", "a")
    assert tables["sources"]["a"]["expect"] == "schemas/a.json"
    schema = json.loads((tmp_path / "schemas/a.json").read_text())
    assert 2 < len(schema["$defs"]) < 10
    assert "of its schema, which is over 64 kB" in ran.messages
    ran = run("add", str(file), "--operation", "a", "--file", str(tmp_path / "other.toml"))
    assert (ran.code, "a.json is there already" in ran.messages) == (1, True)
    assert not (tmp_path / "other.toml").exists()


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("upload", "multipart/form-data"),
        ("up", ". or .. segment"),
        ("far", "leads to another file"),
        ("round", "in a circle"),
        ("getShops", "no operation 'getShops'. Some that it has: getShop"),
    ],
)
def test_what_cannot_be_said_is_refused(run: Run, document: str, tmp_path: Path, operation: str, message: str) -> None:
    ran = run("add", document, "--operation", operation, "--file", str(tmp_path / "fanin.toml"))
    assert (ran.code, ran.output) == (1, "")
    assert message in ran.messages
    assert not (tmp_path / "fanin.toml").exists()


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{','.join([f'*{old}'] * 9)}]}}\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAUGHS, "values, its aliases included"),
        (MERGES, "values, its aliases included"),
        ("a: &a\n  b: *a\n", "within what it stands for"),
        ("a: " + "[" * 200_000, "nested too deep"),
        ("a: &a " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 60 + "*a" + "]" * 60, "nested too deep"),
        ('{"a":' + "[" * 200_000, "nested too deep"),
        ('{"a":' + "[" * 200 + "]" * 200 + "}", "nested too deep"),
        ("a: " + "x" * (parse.MOST_YAML + 1), "over 5 MB of YAML"),
        ("x" * (read.MOST_BYTES + 1), "over 20 MB"),
        ("a: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
        ("a: " + "1" * 10_000, "no JSON"),
        ("- 1\n", "no object"),
        ("a: [\n", "neither JSON nor YAML: line"),
        ("swagger: '1.2'\n", "Swagger 1.2, and fanin reads Swagger 2.0 and OpenAPI 3"),
        ("a: 1\n", "no openapi"),
        ("\x00", "neither JSON nor YAML"),
    ],
    ids=lambda text: None if isinstance(text, str) and len(text) > 60 else text,
)
def test_hostile_documents_are_refused(run: Run, text: str, message: str) -> None:
    ran = run("add", "-", standard_input=text)
    assert (ran.code, ran.output) == (1, "")
    assert message in ran.messages


def test_yaml_is_read_as_json_has_it(run: Run) -> None:
    text = "openapi: 3.1.0\ninfo: {title: x, version: 2026-01-01}\npaths: {/a: {get: {responses: {200: {}}}}}\n"
    told = run("add", "-", "--json", standard_input=text).json
    assert told["title"] == "x 2026-01-01"
    assert told["operations"][0]["operation"] == "GET /a"


def test_a_url_is_fetched_under_the_checks_of_addresses(run: Run, tmp_path: Path) -> None:
    document = json.dumps({**SHOP, "servers": [{"url": "/v2"}], "security": []}).encode()
    file = tmp_path / "fanin.toml"
    with served(200, document) as server:
        url = f"{server.url}/docs/openapi.json"
        ran = run("add", url)
        assert (ran.code, "--allow" in ran.messages, server.asked) == (1, True, 0)
        assert run("add", url, "--allow", "127.0.0.0/8:*", "--operation", "getShop", "--file", str(file)).code == 0
        assert server.asked == 1
    assert tomllib.loads(file.read_text())["upstreams"]["shop"]["url"] == f"{server.url}/v2"
    with served(404, b"") as server:
        ran = run("add", server.url, "--allow", "127.0.0.0/8:*")
    assert (ran.code, "gave no document" in ran.messages) == (1, True)


def test_a_curl_command_becomes_a_source_without_its_secrets(add: Add, tmp_path: Path) -> None:
    ran, tables = add(
        "curl -sSL -X POST 'https://ada:hunter2@api.example.com/v1/orders?api_key=k1&x=1%202' \\\n"
        " -H 'X-Api-Key: k2' -H 'X-Trace: a{b}' -H 'Host: other' -H 'Content-Type: application/json'"
        """ --json '{"a": [1, "{x}"], "password": "k3", "n": 1.5}' -k --max-time 3"""
    )
    assert tables["sources"]["orders"] == {
        "url": "https://api.example.com/v1/orders?api_key={!example_api_key}&x=1%202",
        "method": "POST",
        "headers": {"X-Api-Key": "{!example_x_api_key}", "X-Trace": "a{{b}}"},
        "body": {"a": [1, "{{x}}"], "password": "{!example_password_2}", "n": 1.5},
        "timeout": "3s",
        "auth": {"basic": {"user": "{!example_user}", "password": "{!example_password}"}},
    }
    text = (tmp_path / "fanin.toml").read_text() + ran.messages
    assert not any(secret in text for secret in ("hunter2", "k1", "k2", "k3", "ada"))
    assert "set FANIN_SECRET_EXAMPLE_X_API_KEY" in ran.messages
    assert "left out: -k" in ran.messages


@pytest.mark.parametrize("before", ["", "  ", "$ ", "# a comment\n\n#!another\n", "# a comment\r\n$ "])
def test_a_command_is_taken_as_it_is_copied(add: Add, run: Run, tmp_path: Path, before: str) -> None:
    command = f"{before}curl https://api.example.com/v1/orders"
    assert add(command)[1]["sources"]["orders"]["url"] == "https://api.example.com/v1/orders"
    ran = run("add", "-", "--file", str(tmp_path / "other.toml"), standard_input=command)
    assert ran.code == 0, ran.messages


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (r"$'it\'s\n'", "it's\n"),
        (r"$'\u00e9\x21\041\\ \"\t'", 'é!!\\ "\t'),
        (r"$'\ud83d\ude00 \U0001f600'", "\N{GRINNING FACE} \N{GRINNING FACE}"),
        ("'a $'", "a $"),
        ("""'$'"'"'$'""", "$'$"),
        (r"""a"\"$'b\'"'c'""", r"""a"$'b\'c"""),
        ("a$'b'c$d", "abc$d"),
        (r"\$'a\'", "$a\\"),
    ],
)
def test_words_are_cut_as_by_bash(written: str, says: str) -> None:
    """Browsers copy texts with quotes, line breaks and exclamation marks in $'…'."""
    assert shell.words(f"curl {written} -s") == ["curl", says, "-s"]


def test_a_command_of_a_browser_is_taken(add: Add) -> None:
    command = r"curl https://api.example.com/v1/notes --data-raw $'{\"text\": \"it\'s\\n\u0021\"}' -H 'content-type: application/json'"
    assert add(command)[1]["sources"]["notes"]["body"] == {"text": "it's\n!"}


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ("", {}),
        ("-H 'Authorization: Bearer t'", {"auth": {"bearer": "{!example_token}"}}),
        ("-u sk_1:", {"auth": {"basic": {"user": "{!example_user}", "password": ""}}}),
        ("--oauth2-bearer t", {"auth": {"bearer": "{!example_token}"}}),
        (
            "-H 'Authorization: Basic YTpi'",
            {"auth": {"basic": {"user": "{!example_user}", "password": "{!example_password}"}}},
        ),
        (
            "-H 'Authorization: Bot x'",
            {"auth": {"header": {"name": "Authorization", "value": "{!example_authorization}"}}},
        ),
        ("-H 'X-Auth-Token: t'", {"auth": {"header": {"name": "X-Auth-Token", "value": "{!example_x_auth_token}"}}}),
        ("-b sid=1", {"auth": {"header": {"name": "Cookie", "value": "{!example_cookie}"}}}),
        ("-H 'X-A: ghp_abcdefghijklmnop1234'", {"auth": {"header": {"name": "X-A", "value": "{!example_x_a}"}}}),
        ("-d a=1 -d 'token=t&b=2'", {"method": "POST", "form": {"a": "1", "token": "{!example_token}", "b": "2"}}),
        ("-XPUT -d '[1]'", {"method": "PUT", "body": [1]}),
        ("-G -d q=1 --data-urlencode 'r=a b'", {"url": "https://api.example.com/v1/things?q=1&r=a%20b"}),
        ("-X PUT -H 'Idempotency-Key: 1'", {"method": "PUT", "idempotency_key": True}),
        ("-I", {"method": "HEAD"}),
        ("-L", {"redirects": 3}),
    ],
)
def test_options_of_curl(add: Add, options: str, source: dict[str, Any]) -> None:
    tables = add(f"curl {options} https://api.example.com/v1/things")[1]
    plain = {"url": "https://api.example.com/v1/things", "timeout": "5s"}
    assert tables["sources"]["things"] == plain | source


def test_no_api_gets_the_secret_of_another(add: Add) -> None:
    hosts = ("api.example.com", "api.example.org", "api.example.com")
    added = [add(f"curl -H 'X-Token: {host}' https://{host}/a{number}")[1] for number, host in enumerate(hosts)]
    names = [source["auth"]["header"]["value"] for source in added[-1]["sources"].values()]
    assert names == ["{!example_x_token}", "{!example_x_token_2}", "{!example_x_token}"]


def test_a_private_address_is_named_as_one(add: Add) -> None:
    assert add("curl http://10.0.0.5:8080/x")[1]["sources"]["x"]["private"] is True


def test_a_key_in_a_path_is_a_secret(add: Add) -> None:
    url = "https://hooks.example.com/services/T00/Xa1b2c3d4e5f6g7h8i9j0"
    (source,) = add(f"curl {url} -d '{{}}'")[1]["sources"].values()
    assert source["url"] == "https://hooks.example.com/services/T00/{!example_path}"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("curl --frobnicate https://a.example", "'--frobnicate'"),
        ("curl -Z https://a.example", "'-Z'"),
        ("curl -F a=@b https://a.example", "multipart/form-data"),
        ("curl -d @secret.json https://a.example", "reads a file"),
        ("curl 'https://a.example", "cannot be read"),
        ("curl -d $'a https://a.example", "cannot be read"),
        ("curl -d $'\\xc3' https://a.example", "a part of a character"),
        ("curl -d $'\\ud83d' https://a.example", "cannot be read"),
        ("curl -d $'\\U99999999' https://a.example", "cannot be read"),
        (f"curl {'a' * 100_001}", "over 100000 characters"),
        ("curl ftp://a.example", "no http or https URL"),
        ("curl https://a.example https://b.example", "two URLs"),
        ("curl -s", "no URL"),
        ("curl -X BREW https://a.example", "no source has the method"),
        ("curl -X GET -d a=1 https://a.example", "sends a body by GET"),
        ("curl https://a.example/../x", ". or .. segment"),
        ("curl --json '{\"a\": null}' https://a.example", "no null"),
        ("curl -H 'Content-Type: text/plain' -d a https://a.example", "text/plain"),
    ],
)
def test_curl_commands_that_cannot_be_said_are_refused(run: Run, tmp_path: Path, command: str, message: str) -> None:
    ran = run("add", command, "--file", str(tmp_path / "fanin.toml"))
    assert (ran.code, ran.output) == (1, "")
    assert message in ran.messages
    assert not (tmp_path / "fanin.toml").exists()
