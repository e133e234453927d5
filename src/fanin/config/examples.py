"""A request of each endpoint, made of the examples of its parameters and of its input."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fanin.config.format import Config, Endpoint
from fanin.config.values import Json


@dataclass(frozen=True)
class Request:
    """A request.

    Args:
        method: its method.
        target: its path and query, percent-encoded.
        headers: the parameters that are sent as headers and cookies.
        body: the JSON that it sends; None if it sends none.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: Json = None

    def __str__(self) -> str:
        """Write it as a request line."""
        return f"{self.method} {self.target}"


def requests(config: Config) -> Iterator[Request]:
    """Give a request of each endpoint that can be asked with examples and defaults only."""
    return (request for endpoint in config.endpoints.values() if (request := request_of(endpoint)))


def request_of(endpoint: Endpoint) -> Request | None:
    """Give a request of an endpoint; None if a parameter that it needs has no example."""
    given, headers, cookies = dict[str, Json](), dict[str, str](), list[str]()
    for name, parameter in endpoint.all_parameters.items():
        wire, texts = endpoint.sent_as[name], parameter.texts(parameter.example)
        if parameter.example is None:
            if name in endpoint.path_parameters or not (parameter.optional or parameter.default is not None):
                return None
        elif parameter.in_ == "header":
            headers[wire] = ",".join(texts)
        elif parameter.in_ == "cookie":
            cookies.append(f"{wire}={''.join(texts)}")
        else:
            given[wire] = parameter.example
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    return Request(endpoint.method, endpoint.target(given), headers, _input(endpoint))


def _input(endpoint: Endpoint) -> Json:
    """Give the first example of an endpoint's input; an empty object where its schema has none."""
    if endpoint.input is None:
        return None
    document: Any = endpoint.input.document
    examples = document.get("examples") if isinstance(document, dict) else None
    example: Json = examples[0] if examples else {}
    return example
