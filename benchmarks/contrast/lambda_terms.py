"""On Lambda's terms: each model in AWS's runtime interface emulator, one request at a time."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.contrast.models import MODELS, Model
from benchmarks.emulator import Bundle, Environment, Invocation
from benchmarks.interleaving import interleaved, part, rotated
from fanin.local.process.console import Problem
from fanin.local.process.processes import Processes
from fanin.testing.event import event_of


@dataclass(frozen=True)
class Asked:
    """What the models are asked."""

    label: str  # what it is called in the results
    path: str  # the endpoint's path and query, without a model's prefix
    rounds: int  # how often
    calls: int | None = None  # the calls that it makes; None where that is not known


@dataclass(frozen=True)
class Place:
    """Where the functions run."""

    bundles: Mapping[str, Bundle]  # the functions as built
    variables: Mapping[str, str]  # their environment on top of the template's
    processes: Processes  # what the environments run under

    def environment(self, model: Model) -> Environment:
        """Make a new execution environment of a model's function."""
        return Environment(self.bundles[model.function], self.variables, self.processes)


def measure(place: Place, asked: Sequence[Asked], cold_rounds: int) -> dict[str, Any]:
    """Invoke every model with every question, and start new environments.

    Without rounds of cold starts, the models of a function share one environment, and its start counts.

    Returns:
        the raw data: `models` with what is known of each, `invocations`, `cold_starts`.
    """
    present = [model for model in MODELS if model.function in place.bundles]
    turns = [(turn, one) for turn in range(max(one.rounds for one in asked)) for one in asked if turn < one.rounds]
    with contextlib.ExitStack() as ends, part("Lambda: warm requests", len(present) + len(turns)) as advance:
        environments: dict[str, Environment] = {}
        running: dict[str, Environment] = {}
        starts = []
        for model in present:
            key = model.name if cold_rounds else model.function
            new = key not in running
            if new:
                running[key] = ends.enter_context(place.environment(model))
            if (first_ms := _first_ms(running[key], model, asked[0])) is not None:
                environments[model.name] = running[key]
                if new:
                    starts.append(_start(model, -1, running[key], first_ms))
                _invoke(running[key], model, asked[-1])
            advance()
        models = [model for model in present if model.name in environments]
        invocations = []
        for turn, question in turns:
            for model in rotated(models, turn):
                invocation = _invoke(environments[model.name], model, question)
                took = {"ms": round(invocation.ms, 3), "cpu_ms": round(invocation.cpu_ms, 3)}
                invocations.append({"model": model.name, "question": question.label, "round": turn} | took)
            advance()
        described = {
            model.name: {
                "function": model.function,
                "prefix": model.prefix,
                "calls": model.calls,
                "memory_mb": place.bundles[model.function].memory_mb,
                "peak_mb": round(environments[model.name].peak_mb, 1),
            }
            for model in models
        }
    return {
        "models": described,
        "questions": [{"label": one.label, "path": one.path, "calls": one.calls} for one in asked],
        "invocations": invocations,
        "cold_starts": _cold_starts(place, models, asked[0], cold_rounds) if cold_rounds else starts,
    }


def _cold_starts(place: Place, models: Sequence[Model], question: Asked, rounds: int) -> list[dict[str, Any]]:
    """Start new environments and ask each once; the warm ones before have read the bundles from disk."""
    rows = []
    with part("Lambda: cold starts", len(models) * rounds) as advance:
        for turn, model in interleaved(models, rounds):
            with place.environment(model) as environment:
                rows.append(_start(model, turn, environment, _invoke(environment, model, question).ms))
            advance()
    return rows


def _start(model: Model, turn: int, environment: Environment, first_ms: float) -> dict[str, Any]:
    took = {"init_ms": round(environment.init_ms, 2), "first_ms": round(first_ms, 2)}
    return {"model": model.name, "round": turn, "peak_mb": round(environment.peak_mb, 1)} | took


def _first_ms(environment: Environment, model: Model, question: Asked) -> float | None:
    """Ask once; None if the function has no such model."""
    invocation = environment.invoke(_event(model, question))
    if (status := invocation.answer["statusCode"]) not in (200, 404):
        raise Problem(f"{model.prefix}{question.path} answered {status} in the runtime interface emulator.")
    return invocation.ms if status == 200 else None


def _invoke(environment: Environment, model: Model, question: Asked) -> Invocation:
    invocation = environment.invoke(_event(model, question))
    headers = {name.lower(): value for name, value in invocation.answer["headers"].items()}
    if invocation.answer["statusCode"] != 200 or headers.get("fanin-complete") != "?1":
        raise Problem(f"{model.prefix}{question.path} was not complete: {invocation.answer}")
    time.sleep(0.005)  # what the runtime does behind its answer is over before the next is asked
    return invocation


def _event(model: Model, question: Asked) -> dict[str, Any]:
    return event_of("GET", model.prefix + question.path, {}, {}, b"")
