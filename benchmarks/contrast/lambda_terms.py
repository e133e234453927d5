"""On Lambda's terms: each model in AWS's runtime interface emulator, one request at a time."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import emulator
from benchmarks.contrast.models import MODELS, Model
from benchmarks.contrast.place import Place
from benchmarks.contrast.settings import Rounds
from benchmarks.emulator import Environment, Invocation
from benchmarks.interleaving import interleaved, tracked, turns
from fanin.local.process.console import Problem
from fanin.testing.event import event_of


@dataclass(frozen=True)
class Asked:
    """What the models are asked."""

    label: str  # what it is called in the results
    path: str  # the endpoint's path and query, without a model's prefix
    calls: int | None = None  # the calls that it makes; None where that is not known


def measure(place: Place, asked: Rounds[Asked], cold_rounds: int) -> dict[str, Any]:
    """Invoke every model with every question, and start new environments.

    Without rounds of cold starts, the models of a function share one environment, and its start counts.

    Returns:
        the raw data: `models` with what is known of each, `invocations`, `cold_starts`.
    """
    first, last = asked[0][0], asked[-1][0]
    with ExitStack() as ends:
        environments: dict[Model, Environment] = {}
        running: dict[str, Environment] = {}
        starts = []
        for model in tracked("Lambda: environments", MODELS):
            key = model.name if cold_rounds else model.function
            new = key not in running
            if new:
                running[key] = ends.enter_context(_environment(place, model))
            invocation = running[key].invoke(_event(model, first))
            if invocation.answer["statusCode"] != 404:  # the model cannot serve every endpoint
                environments[model] = running[key]
                if new:
                    starts.append(_start(model, -1, running[key], invocation))
                _invoke(running[key], model, last)
        models = list(environments)
        invocations = []
        for turn, question, model in tracked("Lambda: warm requests", turns(asked, lambda _: models)):
            invocation = _invoke(environments[model], model, question)
            took = {"ms": round(invocation.ms, 3), "cpu_ms": round(invocation.cpu_ms, 3)}
            invocations.append({"model": model.name, "question": question.label, "round": turn} | took)
        described = {
            model.name: asdict(model)
            | {"memory_mb": place.bundles[model.function].memory_mb, "peak_mb": round(environment.peak_mb, 1)}
            for model, environment in environments.items()
        }
    return {
        "models": described,
        "questions": [asdict(one) for one, _ in asked],
        "invocations": invocations,
        "cold_starts": _cold_starts(place, models, first, cold_rounds) if cold_rounds else starts,
    }


def _cold_starts(place: Place, models: Sequence[Model], question: Asked, rounds: int) -> list[dict[str, Any]]:
    """Start new environments and ask each once; the warm ones before have read the bundles from disk."""
    rows = []
    for turn, model in tracked("Lambda: cold starts", interleaved(models, rounds)):
        with _environment(place, model) as environment:
            rows.append(_start(model, turn, environment, _invoke(environment, model, question)))
    return rows


def _environment(place: Place, model: Model) -> AbstractContextManager[Environment]:
    return emulator.environment(place.bundles[model.function], place.variables, place.processes)


def _start(model: Model, turn: int, environment: Environment, first: Invocation) -> dict[str, Any]:
    took = {"init_ms": round(environment.init_ms, 2), "first_ms": round(first.ms, 2)}
    return {"model": model.name, "round": turn, "peak_mb": round(environment.peak_mb, 1)} | took


def _invoke(environment: Environment, model: Model, question: Asked) -> Invocation:
    invocation = environment.invoke(_event(model, question))
    headers = {name.lower(): value for name, value in invocation.answer["headers"].items()}
    if invocation.answer["statusCode"] != 200 or headers.get("fanin-complete") != "?1":
        raise Problem(f"{model.prefix}{question.path} was not complete: {invocation.answer}")
    time.sleep(0.005)  # what the runtime does behind its answer is over before the next is asked
    return invocation


def _event(model: Model, question: Asked) -> dict[str, Any]:
    return event_of("GET", model.prefix + question.path, {}, {}, b"")
