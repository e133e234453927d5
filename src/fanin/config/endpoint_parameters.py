"""What of an endpoint's parameters only shows when they are seen together, and with their names."""

from collections.abc import Iterator

from fanin.config.finding import Finding
from fanin.config.format import Endpoint
from fanin.config.parameters import NOT_PARAMETERS
from fanin.config.template import RESERVED

_ONLY_OUTSIDE = {
    "default": "a parameter of the path is always sent",
    "optional": "a parameter of the path is always sent",
    "in": "the path says where it is sent",
    "sent_as": "the path has its name",
}
"""The keys that a parameter of the path cannot have, and why."""


def parameter_findings(endpoint: Endpoint) -> Iterator[Finding]:
    """Find the mistakes between the parameters of an endpoint, its path, and their names."""
    yield from _in_path(endpoint)
    yield from _in_headers(endpoint)
    yield from _same_names(endpoint)
    yield from _reserved(endpoint)


def _in_path(endpoint: Endpoint) -> Iterator[Finding]:
    for name in endpoint.path_parameters:
        parameter = endpoint.all_parameters[name]
        written = {"in" if key == "in_" else key for key in parameter.model_fields_set}
        for key, message in _ONLY_OUTSIDE.items():
            if key in written:
                yield _finding(endpoint, name, key, message, f"Remove {'the ' if key == 'default' else ''}{key}")
        if parameter.type == "list" and not parameter.separator:
            message = "a segment of the path is one text"
            yield _finding(endpoint, name, "type", message, 'Add separator = ","')


def _in_headers(endpoint: Endpoint) -> Iterator[Finding]:
    for name, parameter in endpoint.parameters.items():
        if parameter.in_ != "header" or parameter.sent_as or name in endpoint.path_parameters:
            continue
        if "_" in name:
            written = "-".join(word.capitalize() for word in name.split("_"))
            message = "servers and proxies drop headers with an underscore in their name"
            yield _finding(endpoint, name, "in", message, f'Add sent_as = "{written}"')
        elif fix := NOT_PARAMETERS.get(name):
            yield _finding(endpoint, name, "in", f"{name} is a header of its own, and no parameter", fix)


def _same_names(endpoint: Endpoint) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, wire in endpoint.sent_as.items():
        if (first := seen.setdefault(wire.lower(), name)) != name:
            message = f"a client cannot tell it from {first!r}: both are sent as {wire!r}"
            key = "sent_as" if endpoint.all_parameters[name].sent_as else "in"
            yield _finding(endpoint, name, key, message, "Choose another sent_as for one of them")


def _reserved(endpoint: Endpoint) -> Iterator[Finding]:
    for name in sorted(RESERVED.keys() & endpoint.all_parameters.keys()):
        message = f"a parameter cannot be named {name!r}, which is reserved: {RESERVED[name]}"
        fix = f'Choose another name; clients may go on sending {name!r}, by sent_as = "{name}"'
        if name in endpoint.path_parameters:
            fix = "Choose another name: clients do not see that of a parameter in the path"
            yield Finding("reserved-name", ("endpoints", endpoint.name, "path"), message, fix, part=f"{{{name}}}")
        else:
            yield Finding("reserved-name", ("endpoints", endpoint.name, "parameters", name), message, fix)


def _finding(endpoint: Endpoint, name: str, key: str, message: str, fix: str) -> Finding:
    return Finding("bad-parameter", ("endpoints", endpoint.name, "parameters", name, key), message, fix)
