"""Requests of a fanin.toml to try, made of the examples that it has."""

import json
import shlex
from collections.abc import Iterator
from typing import Any

from fanin.config import Config
from fanin.config.format import Endpoint


def requests(config: Config, url: str) -> Iterator[str]:
    """Give a request of each endpoint: a URL, or a command of curl's where it has another method than GET.

    Args:
        config: what is served.
        url: where.
    """
    for endpoint in config.endpoints.values():
        if (target := _target(endpoint)) is None:
            continue
        if endpoint.method == "GET":
            yield url + target
        else:
            yield _command(endpoint, url + target)


def _target(endpoint: Endpoint) -> str | None:
    """Fill a path, and its query, with the parameters' examples; None if a parameter that it needs has no example."""
    path, query = endpoint.path, []
    for name, parameter in endpoint.all_parameters.items():
        if name in endpoint.path_parameters:
            if parameter.example is None:
                return None
            path = path.replace(f"{{{name}}}", str(parameter.example))
        elif parameter.example is not None:
            query.append(f"{name}={parameter.example}")
    return f"{path}?{'&'.join(query)}" if query else path


def _command(endpoint: Endpoint, url: str) -> str:
    method = "" if endpoint.method == "POST" else f"-X {endpoint.method} "
    document: Any = endpoint.input.document if endpoint.input else None
    examples = document.get("examples") if isinstance(document, dict) else None
    if endpoint.input is None:
        return f"curl -X {endpoint.method} {url}"
    return f"curl {method}--json {shlex.quote(json.dumps(examples[0] if examples else {}))} {url}"
