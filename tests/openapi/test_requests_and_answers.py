"""Bodies, statuses, headers and answers of endpoints, as the description has them."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from fanin.testing import App, gives

ORDER = {
    "type": "object",
    "required": ["lines"],
    "properties": {"lines": {"type": "array", "items": {"$ref": "#/$defs/line"}}},
}
TOML = """
fanin = 1
[sources.stock]
url = "https://stock.example"
[sources.stock.expect]
type = "object"
required = ["left"]
properties.left = { type = "integer" }
[sources.report]
url = "https://report.example"
format = "bytes"
[endpoints.order]
method = "POST"
path = "/orders"
status = 201
sources = ["stock"]
required = ["stock"]
input = "order.json"
headers = { Location = "/orders/{stock.left}" }
[endpoints.orders]
path = "/orders"
sources = ["stock"]
selectable = true
[endpoints.search]
path = "/search/{text}"
sources = ["stock"]
client_limit = { calls = 2, per = "1m" }
[endpoints.search.parameters.text]
max_length = 5
[endpoints.report]
path = "/report"
sources = ["report"]
passthrough = { source = "report" }
"""


@pytest.fixture
def app(tmp_path: Path) -> App:
    """Serve the file above."""
    (tmp_path / "fanin.toml").write_text(TOML)
    line = {"type": "object", "required": ["sku"]}
    (tmp_path / "order.json").write_text(json.dumps({**ORDER, "$defs": {"line": line}}))
    return App(tmp_path / "fanin.toml", {"stock": gives({"left": 3})})


@pytest.fixture
def described(app: App) -> Any:
    """Read the description."""
    body = app.get("/openapi.json").body
    OpenAPIV31SpecValidator(body).validate()
    return body


def test_input_is_the_body_and_its_references_lead_to_it(described: Any, app: App) -> None:
    body = described["paths"]["/orders"]["post"]["requestBody"]
    assert body["required"] is True
    validator = Draft202012Validator(
        {**body["content"]["application/json"]["schema"], "components": described["components"]}
    )
    for given, status in (({"lines": [{"sku": "a"}]}, 201), ({"lines": [{}]}, 422), ([], 422)):
        assert validator.is_valid(given) == (status == 201)
        assert app.post("/orders", given).status == status


def test_expect_is_the_schema_of_the_value(described: Any, app: App) -> None:
    answer = described["paths"]["/orders"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**answer, "components": described["components"]})
    assert validator.is_valid(app.post("/orders", {"lines": []}).body)
    assert not validator.is_valid({"stock": {"left": "many"}})


def test_a_violation_is_described_as_it_is_answered(described: Any, app: App) -> None:
    answer = described["components"]["responses"]["BadInput"]["content"]["application/problem+json"]
    schema = Draft202012Validator({**answer["schema"], "components": described["components"]})
    schema.validate(app.post("/orders", {}).body)
    schema.validate(answer["example"])


def test_each_method_of_a_path_is_an_operation_of_its_own(described: Any) -> None:
    operations = described["paths"]["/orders"]
    assert {method: each["operationId"] for method, each in operations.items()} == {"post": "order", "get": "orders"}
    assert "304" in operations["get"]["responses"]
    assert "304" not in operations["post"]["responses"]
    assert "Location" in operations["post"]["responses"]["201"]["headers"]


def test_a_selection_is_a_parameter(described: Any) -> None:
    only, *_ = described["paths"]["/orders"]["get"]["parameters"]
    assert (only["name"], only["style"], only["schema"]["items"]["enum"]) == ("only", "form", ["stock"])


def test_what_is_passed_through_may_be_anything(described: Any) -> None:
    assert described["paths"]["/report"]["get"]["responses"]["200"]["content"] == {"*/*": {}}


def test_limit_of_clients_is_described_as_it_is_answered(described: Any, app: App) -> None:
    answers = described["paths"]["/search/{text}"]["get"]["responses"]
    assert {"RateLimit", "RateLimit-Policy"} <= answers["200"]["headers"].keys()
    reference = answers["429"]["$ref"].rpartition("/")[2]
    refused = described["components"]["responses"][reference]
    replies = [app.get("/search/tea") for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert {name.lower() for name in refused["headers"]} >= {"ratelimit", "ratelimit-policy", "retry-after"}
    assert {name.lower() for name in refused["headers"]} <= replies[2].headers.keys()
    content = refused["content"]["application/problem+json"]
    schema = Draft202012Validator({**content["schema"], "components": described["components"]})
    schema.validate(replies[2].body)
    schema.validate(content["example"])
    assert content["example"]["type"] == replies[2].body["type"]


def test_parameters_of_an_endpoint_with_a_limit_are_described(described: Any, app: App) -> None:
    text, *_ = described["paths"]["/search/{text}"]["get"]["parameters"]
    assert (text["name"], text["in"], text["schema"]["maxLength"]) == ("text", "path", 5)
    assert app.get("/search/coffee").status == 422


def test_endpoint_without_a_limit_says_nothing_of_one(described: Any) -> None:
    answers = described["paths"]["/orders"]["get"]["responses"]
    assert "429" not in answers
    assert "RateLimit" not in answers["200"]["headers"]
