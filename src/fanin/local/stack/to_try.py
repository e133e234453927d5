"""What there is to try: requests of a fanin.toml, made of the examples that it has, and the pages."""

import json
import shlex
from collections.abc import Iterator, Mapping

from fanin.config import Config, examples
from fanin.config.examples import Request


def requests(config: Config, url: str) -> Iterator[str]:
    """Give a request of each endpoint: a URL, or a command of curl's where it takes more than one.

    Args:
        config: what is served.
        url: where.
    """
    for request in examples.requests(config):
        plain = request.method == "GET" and not request.headers
        yield url + request.target if plain else _command(request, url)


def pages(parameters: Mapping[str, str], url: str) -> list[str]:
    """Give the pages that the gateway serves.

    Args:
        parameters: the template's, as they are deployed.
        url: where.
    """
    console = [] if parameters.get("Console", "off") == "off" else [f"{url}/console"]
    return [*console, f"{url}/docs"]


def _command(request: Request, url: str) -> str:
    options = [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in request.headers.items()]
    if request.body is not None:
        options.append(f"--json {shlex.quote(json.dumps(request.body))}")
    implied = "GET" if request.body is None else "POST"
    method = [] if request.method == implied else [f"-X {request.method}"]
    return " ".join(["curl", *method, *options, url + request.target])
