"""One request's calls under each way to run them, from the trace that fanin keeps."""

import os
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from benchmarks.contrast.models import named
from fanin.cli.asking import Asked, Means, Model, ask
from fanin.config import Config, load
from fanin.config.examples import request_of
from fanin.engine.catalogue import ClientRequest
from fanin.local.layout import CONFIGURATION
from fanin.local.process.console import Problem
from fanin.sources.address import AddressGuard

_MODELS: Final = (Model.ASYNC, Model.THREADS, Model.SYNC)


class Question(NamedTuple):
    """What is asked."""

    config: Config
    endpoint: str  # which of its endpoints
    sent: Mapping[str, str]  # the endpoint's parameters
    path: str  # the path with its parameters, without a model's prefix; the query too
    means: Means  # what calls are made with


def question(name: str, read_from: Mapping[str, str], allow: str) -> Question:
    """Ask an endpoint of fanin.toml with its parameters' examples.

    Args:
        name: the endpoint's.
        read_from: the environment that says where sources are, on top of this program's.
        allow: the addresses that they may have.

    Raises:
        Problem: there is no such endpoint, or a parameter that it needs has no example.
    """
    environment = os.environ | read_from
    config = load(CONFIGURATION, environment)
    endpoint = config.endpoints.get(name)
    if endpoint is None or (request := request_of(endpoint)) is None:
        raise Problem(f"fanin.toml has no endpoint {name} whose parameters all have examples.")
    sent = {key: str(of.example) for key, of in endpoint.all_parameters.items() if of.example is not None}
    return Question(config, name, sent, request.target, Means.of(config, AddressGuard(allow), environment))


def measure(of: Question) -> list[dict[str, Any]]:
    """Ask once in each way; give its calls in the order in which they started, in ms from the request's begin."""
    return [_row(model, ask(of.config, of.endpoint, ClientRequest(of.sent), model, of.means)) for model in _MODELS]


def _row(model: Model, asked: Asked) -> dict[str, Any]:
    trace, calls = asked.result.trace, []
    for name, span in trace.spans.items():
        if span.started is not None and span.ended is not None:
            moments = {"ready": span.ready or trace.began, "started": span.started, "ended": span.ended}
            since = {key: round((moment - trace.began) * 1000, 1) for key, moment in moments.items()}
            calls.append({"source": name, **since})
    calls.sort(key=lambda call: (call["started"], call["ended"]))
    return {"model": model, "way": named(model).calls, "complete": asked.complete, "calls": calls}
