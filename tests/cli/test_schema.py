import json
import tomllib
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft7Validator
from pydantic import BaseModel

from fanin.config import Config, Endpoint
from fanin.config.kinds.register import KINDS
from fanin.config.schema import DIALECT, FILE_NAME, json_schema
from fanin.local.layout import ROOT
from tests.cli.conftest import Run


@cache
def _validator() -> Draft7Validator:
    return Draft7Validator(json_schema())


def _messages(file: dict[str, Any]) -> list[str]:
    return [error.message for error in _validator().iter_errors(file)]


def _file(**source: object) -> dict[str, Any]:
    """Give a file with one source that has these keys."""
    url = {"url": "https://api.example.com/"}
    return {"fanin": 1, "sources": {"a": url | source}, "endpoints": {"e": {"path": "/e", "sources": ["a"]}}}


def test_the_committed_schema_is_what_the_command_prints(run: Run) -> None:
    ran = run("schema")
    assert ran.code == 0
    assert (ROOT / FILE_NAME).read_text() == ran.output, f"write it anew: fanin schema > {FILE_NAME}"
    assert run("schema", "--json").output == ran.output


def test_it_is_a_schema_of_the_draft_that_editors_know() -> None:
    schema = json_schema()
    assert schema["$schema"] == DIALECT
    Draft7Validator.check_schema(schema)


def test_the_projects_own_file_is_valid() -> None:
    assert _messages(tomllib.loads((ROOT / "fanin.toml").read_text())) == []


def test_a_static_value_is_valid() -> None:
    file = _file()
    file["sources"]["b"] = {"value": {"a": [1]}}
    assert _messages(file) == []


def test_a_file_with_only_a_url_and_a_path_is_valid() -> None:
    assert _messages(_file()) == []


@pytest.mark.parametrize(
    "source",
    [
        {"tiemout": "1s"},
        {"timeout": 1},
        {"timeout": "1 s"},
        {"max_bytes": "2 MB"},
        {"method": "TRACE"},
        {"headers": {"A": 1}},
        {"drop": "a"},
        {"pick": None},
    ],
)
def test_mistakes_show_in_the_editor(source: dict[str, Any]) -> None:
    assert len(_messages(_file(**source))) == 1


def test_names_that_are_none_show_in_the_editor() -> None:
    file = _file()
    file["sources"]["Weather"] = {"url": "https://api.example.com/"}
    assert len(_messages(file)) == 1


@pytest.mark.parametrize(("name", "models"), [("Source", KINDS), ("Endpoint", (Endpoint,))])
def test_every_key_is_explained(name: str, models: tuple[type[BaseModel], ...]) -> None:
    properties = json_schema()["definitions"][name]["properties"]
    assert set(properties) == {key for model in models for key in model.model_fields}
    assert all(part["description"] for part in properties.values())


def test_defaults_are_as_the_file_would_write_them() -> None:
    definitions = json_schema()["definitions"]
    assert definitions["Endpoint"]["properties"]["timeout"]["default"] == "10s"
    assert definitions["Source"]["properties"]["max_bytes"]["default"] == "2MB"


def test_it_has_no_null_and_no_titles_that_repeat_the_key() -> None:
    text = json.dumps(json_schema())
    assert '"type": "null"' not in text
    assert ": null" not in text
    assert ": null" not in text
    assert text.count('"title"') == 2  # the file's, and the key of [api]
    assert set(json_schema()["properties"]) == set(Config.model_fields)
