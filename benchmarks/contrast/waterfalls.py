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
    """What is asked."""

    config: Config
    endpoint: Endpoint  # which of its endpoints
    sent: Mapping[str, str]  # the endpoint's parameters
    path: str  # the path with its parameters, without a model's prefix; the query too
    allow: str  # the addresses that its sources may have
    environment: Mapping[str, str]  # where secrets are, if it takes any


def question(file: Path, name: str, environment: Mapping[str, str], allow: str) -> Question:
    """Ask an endpoint with its parameters' examples.

    Raises:
        KeyError: there is no such endpoint, or a parameter of its path has no example.
    """
    config = load(file, environment)
    endpoint = config.endpoints[name]
    sent = {key: str(of.example) for key, of in endpoint.all_parameters.items() if of.example is not None}
    path = endpoint.path
    for parameter in endpoint.path_parameters:
        path = path.replace(f"{{{parameter}}}", sent[parameter])
    query = "&".join(f"{k}={v}" for k, v in sent.items() if k not in endpoint.path_parameters)
    return Question(config, endpoint, sent, f"{path}?{query}" if query else path, allow, environment)


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
    calls = []
    for name, span in trace.spans.items():
        if span.started is not None and span.ended is not None:
            moments = {"ready": span.ready or trace.began, "started": span.started, "ended": span.ended}
            since = {key: round((moment - trace.began) * 1000, 1) for key, moment in moments.items()}
            calls.append({"source": name, **since})
    calls.sort(key=lambda call: (call["started"], call["ended"]))
    return {"way": way, "endpoint": asked.result.goal.name, "complete": asked.complete, "calls": calls}
