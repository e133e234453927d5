"""`fanin routes`: what the functions serve of fanin.toml."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from fanin.cli.options import DEFAULT_FILE, FileOption, JsonOption, configuration
from fanin.cli.terminal import output, print_json
from fanin.config import Config, Endpoint
from fanin.config.needs import needs_of
from fanin.config.scalar import Value
from fanin.config.values import Json

PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "gateway": ("", "/threads"),
    "sync": ("/sync", "/sync-threads"),
    "django": ("/django", "/django/async"),
}
"""Each function, with what stands before the endpoints' paths in it, for each of its execution models."""


def routes(file: FileOption = DEFAULT_FILE, *, as_json: JsonOption = False) -> None:
    """List the endpoints: for each function method and path, its parameters, and the sources that it reads."""
    config = configuration(file, as_json=as_json)
    if as_json:
        print_json({"routes": [_json(*route, config) for route in _served(config, file)]})
        return
    table = Table("Function", "Method", "Path", "Parameters", "Endpoint", "Sources", box=None, pad_edge=False)
    for function, prefix, endpoint in _served(config, file):
        table.add_row(
            function,
            endpoint.method,
            Text(prefix + endpoint.path, "bold", overflow="fold"),
            Text("\n".join(_spelled(endpoint, name) for name in endpoint.all_parameters)),
            endpoint.name,
            _sources(endpoint, config),
        )
    output().print(table)


def _served(config: Config, file: Path) -> list[tuple[str, str, Endpoint]]:
    return [
        (function, prefix, endpoint)
        for function, prefixes in _functions(file.parent / "functions").items()
        for prefix in prefixes
        for endpoint in config.endpoints.values()
    ]


def _functions(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Give the functions that a project has, with their prefixes; all of them for a file outside a project."""
    if not (folder / "gateway").is_dir():
        return PREFIXES
    there: dict[str, tuple[str, ...]] = {name: given for name, given in PREFIXES.items() if (folder / name).is_dir()}
    if len(there) == 1:  # without the part `contrast` nothing is served below /threads
        there = {name: prefixes[:1] for name, prefixes in there.items()}
    return there


def _spelled(endpoint: Endpoint, name: str) -> str:
    """Say what a parameter takes, such as `days: integer 1..16 = 3` or `header X-Tags: list 1..16 of string?`."""
    parameter = endpoint.all_parameters[name]
    place = "" if name in endpoint.path_parameters or parameter.in_ == "query" else f"{parameter.in_} "
    of_list = f"list {parameter.min_items}..{parameter.max_items} of " if parameter.type == "list" else ""
    default = "" if parameter.default is None else f" = {json.dumps(parameter.default, ensure_ascii=False)}"
    optional = "?" if parameter.optional else ""
    return f"{place}{endpoint.sent_as[name]}: {of_list}{_takes(parameter.item)}{optional}{default}"


def _takes(value: Value) -> str:
    """Say what one value may be, such as `integer 1..16` or `open|closed`."""
    if value.enum is not None:
        return "|".join(map(str, value.enum))
    match value.type:
        case "string":
            bounds = f" {value.min_length}..{value.max_length}"
        case "integer" | "number" if value.minimum is not None or value.maximum is not None:
            bounds = f" {_number(value.minimum)}..{_number(value.maximum)}"
        case _:
            bounds = ""
    return f"{value.type}{bounds}{f' /{value.pattern}/' if value.pattern else ''}"


def _number(bound: float | None) -> str:
    return "" if bound is None else f"{bound:.12g}"


def _sources(endpoint: Endpoint, config: Config) -> Text:
    """Name the sources, the required ones underlined, those that are not in the body in brackets."""
    names = [
        (name, "underline" if name in endpoint.required else "") if name in endpoint.sources else (f"({name})", "dim")
        for name in needs_of(endpoint.reads, config.sources)
    ]
    return Text(" ").join(Text(name, style) for name, style in names)


def _json(function: str, prefix: str, endpoint: Endpoint, config: Config) -> Json:
    parameters: list[Json] = [
        {
            "name": name,
            **parameter.model_dump(mode="json", exclude_none=True, by_alias=True),
            "in": "path" if name in endpoint.path_parameters else parameter.in_,
            "sent_as": endpoint.sent_as[name],
            "required": parameter.required,
        }
        for name, parameter in endpoint.all_parameters.items()
    ]
    return {
        "function": function,
        "method": endpoint.method,
        "path": prefix + endpoint.path,
        "endpoint": endpoint.name,
        "status": endpoint.status,
        "input": endpoint.input.document if endpoint.input else None,
        "summary": endpoint.summary,
        "parameters": parameters,
        "sources": list(endpoint.sources),
        "required": list(endpoint.required),
        "reads": list(needs_of(endpoint.reads, config.sources)),
    }
