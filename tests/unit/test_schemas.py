"""fanin.config.schemas, fanin.config.files: JSON Schemas in fanin.toml, and the files that it is made of."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fanin.config import load
from fanin.config.files import files_of, needs_schemas
from fanin.config.finding import ConfigError, Finding
from fanin.config.mistake import Mistake
from fanin.config.schemas import MOST_VIOLATIONS, JsonSchema
from fanin.local.sam import configuration

FILE = """fanin = 1
[sources.a]
url = "https://a.example"
[endpoints.e]
method = "POST"
path = "/e"
sources = ["a"]
input = "{path}"
"""


def findings(folder: Path, path: str) -> list[Finding]:
    """Load a file that names a schema's file."""
    file = folder / "fanin.toml"
    file.write_text(FILE.replace("{path}", path))
    try:
        load(file, {})
    except ConfigError as error:
        return list(error.findings)
    return []


def test_a_file_beside_fanin_toml_has_the_schema(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas/e.json").write_text('{"type": "object"}')
    assert findings(tmp_path, "schemas/e.json") == []
    endpoint = load(tmp_path / "fanin.toml", {}).endpoints["e"]
    assert endpoint.input == JsonSchema({"type": "object"}, "schemas/e.json")


@pytest.mark.parametrize(
    ("path", "rule", "says"),
    [
        ("nowhere.json", "bad-schema", "cannot be read"),
        (".", "bad-schema", "cannot be read"),
        ("toml.json", "bad-schema", "is not JSON"),
        ("text.json", "bad-schema", "is no JSON Schema"),
        ("wrong.json", "bad-schema", "/properties/a/type"),
        ("deep.json", "bad-schema", "too deep"),
        ("../e.json", "bad-path", "does not stay below"),
        ("/etc/passwd", "bad-path", "does not stay below"),
        ("", "bad-path", "does not stay below"),
    ],
)
def test_a_file_that_has_none_is_a_finding(tmp_path: Path, path: str, rule: str, says: str) -> None:
    contents = {
        "toml.json": "a = 1",
        "text.json": '"x"',
        "wrong.json": '{"properties": {"a": {"type": "objekt"}}}',
        "deep.json": '{"not":' * 200 + "true" + "}" * 200,
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    (finding,) = findings(tmp_path, path)
    assert (finding.rule, finding.key, finding.line) == (rule, ("endpoints", "e", "input"), 8)
    assert says in finding.message


@pytest.mark.parametrize(
    "document",
    [
        {"$ref": "http://127.0.0.1:9/x"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/$defs/nowhere"},
        {"$schema": "https://nowhere.example/"},
        {"pattern": "(?=a)"},
        {"pattern": "("},
        {"type": 5},
    ],
    ids=str,
)
def test_what_is_no_schema_is_a_mistake_before_anything_is_asked(document: dict[str, object]) -> None:
    with pytest.raises(Mistake) as caught:
        JsonSchema(document)
    assert caught.value.rule == "bad-schema"


def test_a_schema_may_refer_to_itself() -> None:
    tree = JsonSchema({"type": "object", "additionalProperties": {"$ref": "#"}})
    assert tree.takes({"a": {"b": {}}})
    assert tree.violations({"a": {"b": 1}}) == {"/a/b": 'it is not of type "object"'}


def test_violations_are_so_many_and_so_long_at_most() -> None:
    schema = JsonSchema({"properties": {"a": True}, "additionalProperties": False})
    found = schema.violations({f"{n}{'x' * 10_000}{n}": 0 for n in range(100)})
    assert len(found) == MOST_VIOLATIONS
    assert all(len(pointer) <= 200 for pointer in found)


def test_two_violations_at_one_place_are_both_told() -> None:
    schema = JsonSchema({"minimum": 5, "multipleOf": 2})
    assert schema.violations(3) == {"": "it is less than the minimum of 5; it is not a multiple of 2"}


def test_a_fanin_toml_is_made_of_itself_and_the_schemas_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    schema = tmp_path / "schemas/e.json"
    schema.write_text("true")
    assert findings(tmp_path, "schemas/e.json") == []
    file = tmp_path / "fanin.toml"
    assert files_of(file) == [file, schema]
    assert needs_schemas(file)
    shutil.copytree(tmp_path, tmp_path / "kept")
    configuration.copy(tmp_path / "bundle", file)
    assert load(tmp_path / "bundle/fanin.toml", {}).endpoints["e"].input == JsonSchema(True, "schemas/e.json")  # noqa: FBT003


@pytest.mark.parametrize("text", ["", "fanin = ", 'fanin = 1\n[sources.a]\nvalue = 1\nexpected = "x"', "endpoints = 5"])
def test_a_file_without_schemas_needs_nothing_and_is_made_of_itself(tmp_path: Path, text: str) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(text)
    assert files_of(file) == [file]
    assert not needs_schemas(file)
    assert configuration.requirements(file) == []


def test_the_library_is_imported_only_for_a_file_that_has_a_schema(tmp_path: Path) -> None:
    ask = "import sys; from fanin.config import load; from pathlib import Path; load(Path(sys.argv[1]), {})"
    plain, with_schema = tmp_path / "plain.toml", tmp_path / "schema.toml"
    plain.write_text(FILE.replace('input = "{path}"', ""))
    with_schema.write_text(FILE.replace('"{path}"', "true"))
    for file, imported in ((plain, "False"), (with_schema, "True")):
        command = [sys.executable, "-c", f"{ask}; print('jsonschema_rs' in sys.modules)", str(file)]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == imported
