"""The description says what the gateway does."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from fanin.local.layout import ROOT
from fanin.local.upstream.process import Upstream
from fanin.testing import App
from tests.contract.ask import Ask, Question

_MAKE = [sys.executable, "-m", "fanin.entrypoints.fastapi.openapi", "functions/gateway/app.py"]
_OPERATIONS = (
    "/trip/{city}",
    "/air/{city}",
    "/forecast/{city}",
    "/credits",
    "/data",
    "/health",
    "/jobs",
    "/jobs/{job_id}",
)

type Rules = dict[str, dict[str, Any]]

_AWAY: Rules = {"*": {"fail": "reset"}}
_WITHOUT_AIR: Rules = {"open-meteo-air-quality": {"fail": "garbage"}}
_HANGING: Rules = {"open-meteo-geocoding": {"fail": "hang"}}


@dataclass(frozen=True)
class Case:
    """A question, with the upstream's rules, and the status that it must have under a path of the description."""

    path: str
    question: Question
    status: int
    rules: Rules = field(default_factory=dict)

    def __str__(self) -> str:
        """Name it by what is asked, and by what comes of it."""
        of_upstream = "".join(f", {prefix}: {rule['fail']}" for prefix, rule in self.rules.items())
        return f"{self.question.method} {self.question.target[:40]} {self.status}{of_upstream}"


CASES = [
    Case("/trip/{city}", Question("/trip/Lisbon"), 200),
    Case("/trip/{city}", Question("/trip/Nairobi"), 200),
    Case("/credits", Question("/credits"), 200),
    Case("/trip/{city}", Question("/trip/Lisbon"), 200, _WITHOUT_AIR),
    Case("/trip/{city}", Question("/trip/Atlantis"), 404),
    Case("/trip/{city}", Question("/trip/L"), 422),
    Case("/trip/{city}", Question("/trip/Lisbon"), 502, _AWAY),
    Case("/trip/{city}", Question("/trip/Lisbon"), 504, _HANGING),
    Case("/trip/{city}", Question("/trip/Lisbon", method="PUT"), 405),
    Case("/trip/{city}", Question("/trip/Lisbon", "q=" + "x" * 8200), 414),
    Case("/air/{city}", Question("/air/Lisbon"), 200),
    Case("/air/{city}", Question("/air/Lisbon"), 502, _WITHOUT_AIR),
    Case("/forecast/{city}", Question("/forecast/Lisbon", "days=2"), 200),
    Case("/forecast/{city}", Question("/forecast/Lisbon", "days=two"), 422),
    Case("/data", Question("/data"), 200),
    Case("/data", Question("/data", "city=Atlantis"), 404),
    Case("/data", Question("/data", "city="), 422),
    Case("/data", Question("/data"), 502, _AWAY),
    Case("/data", Question("/data"), 504, _HANGING),
    Case("/health", Question("/health"), 200),
    Case("/jobs", Question("/jobs"), 501),
    Case("/jobs/{job_id}", Question("/jobs/" + "0" * 32), 501),
]


def test_is_valid(description: Any) -> None:
    """It is OpenAPI 3.1, to the letter."""
    OpenAPIV31SpecValidator(description).validate()
    assert description["openapi"].startswith("3.1")


def test_the_committed_file_is_current() -> None:
    """openapi.json is what the code says today: make it anew with the command below, and look at what changed."""
    made = subprocess.run(_MAKE, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=True)
    committed = (ROOT / "openapi.json").read_text(encoding="utf-8")
    command = (
        "FANIN_CONFIG=fanin.toml python -m fanin.entrypoints.fastapi.openapi functions/gateway/app.py > openapi.json"
    )
    assert made.stdout == committed, f"openapi.json is not current: {command}"


def test_has_every_operation_and_its_parameters(description: Any) -> None:
    """Every endpoint is there with its typed parameters, and so are handlers written by hand."""
    assert set(description["paths"]) == set(_OPERATIONS)
    city, days, *_ = description["paths"]["/forecast/{city}"]["get"]["parameters"]
    assert (city["in"], city["required"], city["schema"]["examples"]) == ("path", True, ["Lisbon"])
    assert (days["in"], days["required"], days["schema"]["type"]) == ("query", False, "integer")
    assert (days["schema"]["minimum"], days["schema"]["maximum"], days["schema"]["default"]) == (1, 16, 3)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_answers_are_as_described(case: Case, description: Any, gateway: Ask, upstream: Upstream) -> None:
    """Status, content type, headers and body of an answer are ones that the description has."""
    upstream.rules(case.rules)
    reply = gateway(case.question)
    assert reply.status == case.status
    answers = description["paths"][case.path]["get"]["responses"]
    described = _resolved(answers.get(str(case.status), answers["default"]), description)
    content = described["content"][reply.headers["content-type"]]
    OAS31Validator({**content["schema"], "components": description["components"]}).validate(reply.body)
    only_where_kept = {"age", "etag", "vary"}
    assert {name.lower() for name in described.get("headers", ())} - only_where_kept <= set(reply.headers)


@pytest.mark.parametrize(
    "response", ["NotFound", "BadParameter", "PassedOn", "SourcesFailed", "SourcesTimedOut", "SourceFailed"]
)
def test_examples_are_as_described(response: str, description: Any) -> None:
    """An example keeps to the schema that it is beside."""
    content = description["components"]["responses"][response]["content"]["application/problem+json"]
    OAS31Validator({**content["schema"], "components": description["components"]}).validate(content["example"])


def test_partial_answers_tell_which_sources_may_be_missing(description: Any) -> None:
    """A required source is never null; where all are required, there is no partial answer."""
    schemas = description["components"]["schemas"]
    assert {"type": "null"} in schemas["trip_partial"]["properties"]["weather"]["anyOf"]
    assert "anyOf" not in schemas["trip_partial"]["properties"]["geo"]
    assert set(schemas["trip_partial"]["properties"]["errors"]["properties"]) >= {"geo", "weather", "rates"}
    assert "air_quality_partial" not in schemas


def test_statuses_that_are_passed_on_are_described(tmp_path: Path) -> None:
    """Those of sources that another one refers to as well."""
    (tmp_path / "fanin.toml").write_text(
        'fanin = 1\n[sources.a]\nurl = "https://a.example"\nstatuses = { 402 = "pass", 5xx = "pass", 404 = "null" }\n'
        '[sources.b]\nurl = "https://a.example/{a.b}"\n[endpoints.e]\npath = "/e"\nsources = ["b"]\n'
    )
    answers = App(tmp_path / "fanin.toml").get("/openapi.json").body["paths"]["/e"]["get"]["responses"]
    passed = {"$ref": "#/components/responses/PassedOn"}
    assert [status for status, response in answers.items() if response == passed] == ["402", "5XX"]


@pytest.mark.parametrize(
    ("keys", "described"),
    [
        ("", True),
        ('statuses = { 401 = "rejected" }', False),
        ('statuses = { 4xx = "missing" }', False),
        ('auth = { header = { name = "X-Key", value = "{!key}" } }', False),
    ],
)
def test_a_401_to_clients_credentials_is_described(keys: str, described: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a column
    """Unless the source says what it means, or has credentials of its own."""
    (tmp_path / "fanin.toml").write_text(
        f'fanin = 1\n[sources.a]\nurl = "https://a.example"\nforward = ["Authorization"]\n{keys}\n'
        '[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
    )
    answers = App(tmp_path / "fanin.toml").get("/openapi.json").body["paths"]["/e"]["get"]["responses"]
    assert ("401" in answers) == described


def test_headers_that_are_handed_on_are_described(tmp_path: Path) -> None:
    """Each that a client may send, with who gets it; Authorization as OpenAPI wants credentials told."""
    (tmp_path / "fanin.toml").write_text(
        'fanin = 1\n[sources.a]\nurl = "https://a.example"\nforward = ["Authorization", "Accept-Language"]\n'
        '[sources.b]\nurl = "https://b.example/{a.id}"\nforward = ["Accept-Language"]\n[sources.c]\nurl = "https://c.example"\n'
        '[endpoints.both]\npath = "/both"\nsources = ["b"]\n[endpoints.neither]\npath = "/neither"\nsources = ["c"]\n'
    )
    described = App(tmp_path / "fanin.toml").get("/openapi.json").body
    OpenAPIV31SpecValidator(described).validate()
    both, neither = (described["paths"][path]["get"] for path in ("/both", "/neither"))
    sent = {parameter["name"]: parameter for parameter in both["parameters"]}
    assert sent["Accept-Language"] == {
        "name": "Accept-Language",
        "in": "header",
        "description": "Handed on to a, b.",
        "schema": {"type": "string"},
    }
    assert both["security"] == [{}, {"Authorization": []}]
    assert "security" not in neither
    assert {parameter["name"] for parameter in neither["parameters"]} == {"Prefer", "Idempotency-Key"}


def test_a_picks_keys_are_described(description: Any) -> None:
    """What a pick makes is known before any source has answered."""
    geo = description["components"]["schemas"]["trip_complete"]["properties"]["geo"]
    assert list(geo["properties"]) == ["name", "lat", "lon", "country"]


EXPRESSIONS = """fanin = 1
[sources.user]
url = "https://api.example/{id}"
[sources.posts]
when = "user.active"
url = "https://api.example/posts"
[sources.card]
compute = "{name: user.name}"
[endpoints.merged]
path = "/merged/{id}"
sources = ["posts", "card"]
[endpoints.picked]
path = "/picked/{id}"
pick = "{name: user.name, posts: posts}"
[endpoints.any]
path = "/any/{id}"
pick = "posts[].title"
"""


def test_expressions_are_described_as_far_as_their_values_are_known(tmp_path: Path) -> None:
    """What may be skipped may be null; what an endpoint's pick makes has its keys, and errors if a source failed."""
    (tmp_path / "fanin.toml").write_text(EXPRESSIONS)
    schemas = App(tmp_path / "fanin.toml").get("/openapi.json").body["components"]["schemas"]
    merged = schemas["merged_complete"]["properties"]
    assert merged["posts"]["anyOf"][1] == {"type": "null"}
    assert merged["card"]["required"] == ["name"]
    assert schemas["picked_complete"]["required"] == ["name", "posts"]
    assert schemas["picked_partial"]["required"] == ["name", "posts", "errors"]
    assert schemas["any_complete"] == {"title": "any, complete"}


def test_is_no_part_of_the_cold_start() -> None:
    """Neither the description nor the page is imported or read before somebody asks for it."""
    code = """
        import pathlib, runpy, sys
        import fanin
        own = pathlib.Path(fanin.__file__).parent / "entrypoints/fastapi"
        assert (own / "pages/docs.html").exists() and (own / "openapi.py").exists(), "moved"
        read = []
        sys.addaudithook(lambda event, args: event == "open" and read.append(str(args[0])))
        sys.path.insert(0, "functions/gateway")
        runpy.run_path("functions/gateway/app.py")
        rooms = ("fastapi.openapi", "fastapi.pages", "fastapi.console", "console")
        late = tuple("fanin.entrypoints." + room for room in rooms)
        assert not [name for name in sys.modules if name.startswith(late)], "imported"
        gateways = [path.relative_to(own) for path in map(pathlib.Path, read) if path.is_relative_to(own)]
        assert gateways, "nothing was seen"
        assert not [path for path in gateways if "pages" in path.parts or path.name.startswith("openapi")], "read"
    """
    lines = "\n".join(line.strip() for line in code.strip().splitlines())
    subprocess.run([sys.executable, "-c", lines], cwd=ROOT, env=_environment(), check=True)


def _environment() -> dict[str, str]:
    return {**os.environ, "FANIN_CONFIG": "fanin.toml"}


def _resolved(response: Any, description: Any) -> Any:
    name = response.get("$ref", "").rpartition("/")[2]
    return description["components"]["responses"][name] if name else response
