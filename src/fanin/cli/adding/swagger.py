"""A document of Swagger 2.0 as one of OpenAPI 3: bodies, answers, servers and credentials stand elsewhere there.

What both have alike stays where it is, `definitions` too, so that references go on leading there.
"""

from collections.abc import Iterator
from typing import Any, Final

from fanin.cli.adding.openapi import METHODS, Document, Node, items, table, text

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_MOST_KINDS: Final = 20
"""Media types of a body."""
_ITEM: Final = (
    *("type", "format", "items", "enum", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "multipleOf", "x-nullable"),
)
"""What a parameter says of its value, which in OpenAPI 3 its schema does."""
_STYLES: Final = {"ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited"}
_FLOWS: Final = {"application": "clientCredentials", "accessCode": "authorizationCode"}


def is_swagger(root: Node) -> bool:
    """Whether a document says that it is one of Swagger 2."""
    return text(root.get("swagger")).startswith("2.")


def as_openapi(root: Node, where: str) -> Node:
    """Write a document of Swagger 2.0 as one of OpenAPI 3.

    Args:
        root: the document.
        where: its file's name or its URL.
    """
    same = {key: value for key, value in root.items() if key not in ("swagger", "components")}
    same["openapi"] = "3.0.3"
    schemes = {name: _scheme(table(each)) for name, each in table(root.get("securityDefinitions")).items()}
    document = Document(same, where)
    return same | {
        "servers": list(_servers(root)),
        "components": {"securitySchemes": schemes},
        "paths": {path: _path(document, each) for path, each in table(root.get("paths")).items()},
    }


def _servers(root: Node) -> Iterator[Node]:
    """Give the API's URLs; one that is relative to the document's without a host."""
    host, base = text(root.get("host")), text(root.get("basePath"))
    if not host:
        yield {"url": base or "/"}
        return
    schemes = [each for each in items(root.get("schemes")) if each in ("https", "http")]
    yield from ({"url": f"{scheme}://{host}{base}"} for scheme in schemes or ["https"])


def _scheme(given: Node) -> Node:
    """Write a way to authenticate."""
    if given.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    if given.get("type") != "oauth2":
        return given
    flow = text(given.get("flow"))
    return {"type": "oauth2", "flows": {_FLOWS.get(flow, flow): {"tokenUrl": given.get("tokenUrl")}}}


def _path(document: Document, given: Any) -> Node:
    """Write a path: the parameters that its operations share, and the operations."""
    item = document.followed(given, lenient=True)
    shared = [_found(document, each) for each in items(item.get("parameters"))]
    operations = {
        method: _operation(document, item[method], shared) for method in METHODS if isinstance(item.get(method), dict)
    }
    return {"parameters": [_parameter(each) for each in shared if not _is_body(each)], **operations}


def _found(document: Document, given: Any) -> Node:
    """Give a parameter or an answer; a reference that leads nowhere stays, and is told where it is needed."""
    return document.followed(given, lenient=True) or table(given)


def _operation(document: Document, given: Node, shared: list[Node]) -> Node:
    own = [_found(document, each) for each in items(given.get("parameters"))]
    bodies = [each for each in (*shared, *own) if _is_body(each)]
    takes, gives = (
        [text(each) for each in items(given.get(key, document.root.get(key)))[:_MOST_KINDS]]
        for key in ("consumes", "produces")
    )
    made = {**given, "parameters": [_parameter(each) for each in own if not _is_body(each)]}
    if bodies:
        made["requestBody"] = _body(bodies, takes)
    answers = table(given.get("responses")).items()
    made["responses"] = {status: _answer(_found(document, each), gives) for status, each in answers}
    return made


def _is_body(parameter: Node) -> bool:
    return parameter.get("in") in ("body", "formData")


def _parameter(given: Node) -> Node:
    """Write a parameter of path, query or header."""
    if "$ref" in given:
        return given
    made = {key: value for key, value in given.items() if key not in _ITEM}
    made["schema"] = _schema(given)
    form = text(given.get("collectionFormat")) or "csv"
    if given.get("in") == "query":
        made |= {"style": _STYLES.get(form, "form"), "explode": form == "multi"}
    return made


def _schema(given: Node) -> Node:
    return {key: given[key] for key in _ITEM if key in given}


def _body(given: list[Node], kinds: list[str]) -> Node:
    """Write a body, or the fields of a form."""
    whole = next((each for each in given if each.get("in") == "body"), None)
    if whole is not None:
        content = {kind: {"schema": whole.get("schema")} for kind in kinds or [_JSON]}
        return {"required": whole.get("required"), "content": content}
    fields = {text(each.get("name")): each for each in given}
    needed = [name for name, each in fields.items() if each.get("required") is True]
    schema = {
        "type": "object",
        "properties": {
            name: {**_schema(each), "description": each.get("description")} for name, each in fields.items()
        },
        **({"required": needed} if needed else {}),
    }
    if any(each.get("type") == "file" for each in given):
        kinds = [_MULTIPART]
    return {"required": bool(needed), "content": {kind: {"schema": schema} for kind in kinds or [_FORM]}}


def _answer(given: Node, kinds: list[str]) -> Node:
    """Write an answer, which has a body if it has a schema."""
    if "schema" not in given:
        return given
    schema = given["schema"]
    is_file = table(schema).get("type") == "file"
    examples = table(given.get("examples"))
    content = {
        kind: {"schema": schema, **({"example": examples[kind]} if kind in examples else {})}
        for kind in kinds or ["application/octet-stream" if is_file else _JSON]
    }
    return {**given, "content": content}
