"""`fanin add` of an answer that comes in pages: the value is a list, of as many pages as have what is wanted."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Add

ITEMS: dict[str, Any] = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}
LINK: dict[str, Any] = {"Link": {"schema": {"type": "string"}}}
URL = {"type": "string", "format": "uri", "nullable": True, "readOnly": True}
TEXT = {"type": "string"}


def thing(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members}


def added(add: Add, tmp_path: Path, schema: Any, parameter: str = "", **more: Any) -> tuple[dict[str, Any], str]:
    """Add a list; gives its source, and what the file says."""
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in parameter.split()]
    parameters = [{**each, "required": more.get("required", False)} for each in parameters]
    content = {"schema": schema, **({"example": more["example"]} if "example" in more else {})}
    answer = {"content": {"application/json": content}, "headers": more.get("headers", {})}
    document = {
        "openapi": "3.1.0",
        "servers": [{"url": "https://api.shop.example"}],
        "paths": {
            "/things": {"get": {"operationId": "things", "parameters": parameters, "responses": {"200": answer}}}
        },
    }
    (file := tmp_path / "openapi.json").write_text(json.dumps(document))
    _, tables = add(str(file), "--operation", "things")
    return tables["sources"]["things"], (tmp_path / "fanin.toml").read_text()


def cursor(member: str, parameter: str = "") -> dict[str, str]:
    return {"next": f"body.{member}", **({"query": parameter} if parameter else {})}


IN_PAGES: list[tuple[Any, str, Any, dict[str, str], str | None]] = [
    (ITEMS, "page per_page", LINK, {"next": "links.next"}, None),
    (thing(items=ITEMS, total={"type": "integer"}), "", LINK, {"next": "links.next"}, "items"),
    (thing(results=ITEMS, next=URL, previous=URL), "offset", {}, cursor("next"), "results"),
    (thing(value=ITEMS, **{"@odata.nextLink": TEXT}), "", {}, cursor('"@odata.nextLink"'), "value"),
    (thing(data=ITEMS, links=thing(next=URL)), "", {}, cursor("links.next"), "data"),
    (thing(data=ITEMS, next_cursor=TEXT), "cursor limit", {}, cursor("next_cursor", "cursor"), "data"),
    (thing(files=ITEMS, nextPageToken=TEXT), "pageToken", {}, cursor("nextPageToken", "pageToken"), "files"),
    (thing(data=ITEMS, meta=thing(next_cursor=TEXT)), "after", {}, cursor("meta.next_cursor", "after"), "data"),
    (
        thing(data=ITEMS, has_more={"type": "boolean"}),
        "starting_after",
        {},
        cursor("has_more && body.data[-1].id", "starting_after"),
        "data",
    ),
]
"""Schema of the answer, parameters, headers of the answer; and the pages, and where the list is."""


@pytest.mark.parametrize("case", IN_PAGES, ids=lambda case: f"{case[3]['next']} {case[4]}")
def test_the_value_is_the_list_and_the_parameter_is_fanins_own(
    add: Add, tmp_path: Path, case: tuple[Any, str, Any, dict[str, str], str | None]
) -> None:
    schema, parameter, headers, pages, pick = case
    source, text = added(add, tmp_path, schema, parameter, headers=headers)
    assert source["pages"] == {**pages, "limit": 100}
    assert (source.get("pick"), source["expect"]["type"]) == (pick and f"{pick} || `[]`", "array")
    assert "Left out: items beyond 100" in text
    assert f"{pages.get('query')}={{" not in text


@pytest.mark.parametrize(
    ("schema", "parameter", "more"),
    [
        (ITEMS, "page", {}),
        (thing(data=ITEMS, more=ITEMS), "", {"headers": LINK}),
        (thing(data=ITEMS, next_cursor=TEXT), "", {}),
        (thing(data=ITEMS, next_cursor=TEXT), "cursor after", {}),
        (thing(data=ITEMS, next_cursor=TEXT), "cursor", {"required": True}),
        (thing(data=ITEMS, next=TEXT), "", {}),
        (thing(name=TEXT, next=URL), "", {}),
    ],
)
def test_where_the_document_does_not_say_it_plainly_the_answer_is_one_page(
    add: Add, tmp_path: Path, schema: Any, parameter: str, more: Any
) -> None:
    source, _ = added(add, tmp_path, schema, parameter, **more)
    assert "pages" not in source
    assert "pick" not in source


def test_a_list_that_every_answer_has_is_not_taken_for_empty(add: Add, tmp_path: Path) -> None:
    schema = {**thing(results=ITEMS, next=URL), "required": ["results"]}
    assert added(add, tmp_path, schema)[0]["pick"] == "results"


@pytest.mark.parametrize(("number", "kept"), [(1, True), ("1", False)])
def test_of_an_example_the_list_is_what_has_to_be_as_the_schema_says(
    add: Add, tmp_path: Path, number: object, *, kept: bool
) -> None:
    schema = thing(value=ITEMS, **{"@odata.nextLink": TEXT})
    source, _ = added(add, tmp_path, schema, example={"value": [{"id": number}], "@odata.nextLink": "https://x"})
    assert source["pick"] == "value || `[]`"
    assert ("expect" in source) == kept
