"""One request's calls under each way to run them, from the trace that fanin keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fanin.cli.asking import Asked, Means, Model, ask
from fanin.config import Config, Endpoint, load
from fanin.engine.catalogue import ClientRequest
from fanin.sources.address import AddressGuard

WAYS: Final = {
    Model.ASYNC: "at once, on one event loop",
    Model.THREADS: "at once, in threads",
    Model.SYNC: "one after another",
}
"""What the ways to run calls are called, as in `models.py`."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    Args:
        config: the configuration.
        endpoint: which of its endpoints.
        sent: the endpoint's parameters.
        allow: the addresses that its sources may have.
        environment: where secrets are, if it takes any.
    """

    config: Config
    endpoint: Endpoint
    sent: Mapping[str, str]
    allow: str
    environment: Mapping[str, str]

    @property
    def path(self) -> str:
        """The path with its parameters, without a model's prefix; the query too."""
        path = self.endpoint.path
        for name in self.endpoint.path_parameters:
            path = path.replace(f"{{{name}}}", self.sent[name])
        query = "&".join(f"{k}={v}" for k, v in self.sent.items() if k not in self.endpoint.path_parameters)
        return f"{path}?{query}" if query else path


def question(file: Path, name: str, environment: Mapping[str, str], allow: str) -> Question:
    """Ask an endpoint with its parameters' examples.

    Raises:
        KeyError: there is no such endpoint, or a parameter that it needs has no example.
    """
    config = load(file, environment)
    endpoint = config.endpoints[name]
    sent = {
        key: str(parameter.example)
        for key, parameter in endpoint.all_parameters.items()
        if parameter.example is not None
    }
    return Question(config, endpoint, sent, allow, environment)


def measure(asked: Question) -> list[dict[str, Any]]:
    """Ask once in each way.

    Returns:
        for each, its calls in the order in which they started, in milliseconds from the request's begin.
    """
    request = ClientRequest(asked.sent)
    means = Means.of(asked.config, AddressGuard(asked.allow), asked.environment)
    return [_row(way, ask(asked.config, asked.endpoint.name, request, model, means)) for model, way in WAYS.items()]


def _row(way: str, asked: Asked) -> dict[str, Any]:
    trace = asked.result.trace
    calls = [
        {
            "source": name,
            "ready": _since(trace.began, span.ready),
            "started": _since(trace.began, span.started),
            "ended": _since(trace.began, span.ended),
        }
        for name, span in trace.spans.items()
        if span.started is not None and span.ended is not None
    ]
    return {
        "way": way,
        "endpoint": asked.result.goal.name,
        "complete": asked.complete,
        "calls": sorted(calls, key=lambda call: (call["started"], call["ended"])),
    }


def _since(began: float, moment: float | None) -> float:
    return 0.0 if moment is None else round((moment - began) * 1000, 1)
