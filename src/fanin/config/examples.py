"""A request of each endpoint, made of the examples of its parameters and of its input."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fanin.config.format import Config, Endpoint
from fanin.config.values import Json

_LONGEST = 1000
"""Characters of a text that is made up."""


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
    """Give a request of an endpoint; None if a parameter that it needs has no example, or its input none it takes."""
    given, headers, cookies = dict[str, Json](), dict[str, str](), list[str]()
    for name, parameter in endpoint.all_parameters.items():
        wire, texts = endpoint.sent_as[name], parameter.texts(parameter.example)
        if parameter.example is None:
            if name in endpoint.path_parameters or parameter.required:
                return None
        elif parameter.in_ == "header":
            headers[wire] = ",".join(texts)
        elif parameter.in_ == "cookie":
            cookies.append(f"{wire}={''.join(texts)}")
        else:
            given[wire] = parameter.example
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    if endpoint.input is None:
        return Request(endpoint.method, endpoint.target(given), headers)
    body = _example_of(endpoint.input.document)
    return Request(endpoint.method, endpoint.target(given), headers, body) if endpoint.input.takes(body) else None


def _example_of(schema: Any) -> Json:
    """Give a value that a schema takes, as far as it says one: its first example, or one of its members' own.

    A member without any is a text, a number or the like, as small as can be; whoever asks looks whether it is taken.
    """
    given = schema if isinstance(schema, dict) else {}
    for key in ("examples", "enum"):
        if isinstance(values := given.get(key), list) and values:
            return values[0]  # type: ignore[no-any-return]  # JSON, as the file has it
    for key in ("const", "default"):
        if key in given:
            return given[key]  # type: ignore[no-any-return]  # likewise
    kinds = given.get("type", "object")
    kind = kinds[0] if isinstance(kinds, list) and kinds else kinds
    if kind == "object":
        members = given.get("properties", {})
        return {name: _example_of(members.get(name)) for name in given.get("required", ()) if name in members}
    if kind == "array":
        return [_example_of(given.get("items"))] if given.get("minItems") else []
    least = given.get("minimum", given.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in given else 1)
    text = "x" * min(int(given.get("minLength", 1)), _LONGEST)
    return {"string": text, "boolean": True, "integer": least, "number": least}.get(str(kind))
