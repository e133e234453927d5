"""What the API's description says of parameters that FastAPI does not read: lists, headers, cookies, and the like."""

from collections.abc import Iterator
from typing import Any

from fanin.config import Endpoint
from fanin.config.parameters import Parameter
from fanin.config.scalar import Value
from fanin.entrypoints.fastapi.openapi_components import Node

NO_PARAMETERS = ("accept", "authorization", "content-type")
"""Headers that are no parameters, says OpenAPI: a description of one is passed over."""
_STYLES = {
    ("query", ","): {"style": "form", "explode": False},
    ("query", " "): {"style": "spaceDelimited", "explode": False},
    ("query", "|"): {"style": "pipeDelimited", "explode": False},
    ("query", ""): {"style": "form", "explode": True},
    ("header", ","): {"style": "simple", "explode": False},
    ("path", ","): {"style": "simple", "explode": False},
    ("cookie", ","): {"style": "form", "explode": False},
}
"""How OpenAPI names the ways to send a list, by place and separator."""
_BOUNDS = {
    "pattern": "pattern",
    "min_length": "minLength",
    "max_length": "maxLength",
    "ge": "minimum",
    "le": "maximum",
}
"""What JSON Schema calls a field's bounds."""


def parameters_of(endpoint: Endpoint) -> Iterator[Node]:
    """Describe the parameters of an endpoint."""
    for name, parameter in endpoint.all_parameters.items():
        place = "path" if name in endpoint.path_parameters else parameter.in_
        if place == "header" and endpoint.sent_as[name].lower() in NO_PARAMETERS:
            continue
        described: Node = {"name": endpoint.sent_as[name], "in": place, "required": parameter.required}
        if parameter.description:
            described["description"] = parameter.description
        yield described | _schema_of(parameter, place)


def _schema_of(parameter: Parameter, place: str) -> Node:
    more: Node = {} if parameter.default is None else {"default": parameter.default}
    if parameter.example is not None:
        more["examples"] = [parameter.example]
    if parameter.type != "list":
        return {"schema": _scalar(parameter) | more}
    style = _STYLES.get((place, parameter.split_at))
    if style is None:
        about = f"A list, its items separated by {parameter.split_at!r}."
        return {"schema": {"type": "string", "description": about}}
    items = {"type": "array", "items": _scalar(parameter.item)}
    return {"schema": items | {"minItems": parameter.min_items, "maxItems": parameter.max_items} | more, **style}


def _scalar(value: Value) -> Node:
    if value.enum is not None:
        return {"type": value.type, "enum": list(value.enum)}
    bounds: dict[str, Any] = value.bounds
    return {"type": value.type} | {_BOUNDS[key]: bound for key, bound in bounds.items() if key in _BOUNDS}
