"""On Lambda's terms: each model in AWS's runtime interface emulator, one request at a time."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import emulator
from benchmarks.contrast.models import MODELS, Model
from benchmarks.emulator import Environment, Invocation
from benchmarks.interleaving import sampled
from benchmarks.place import Place
from fanin.local.process.console import Problem
from fanin.testing.event import event_of


@dataclass(frozen=True)
class Asked:
    """What the models are asked."""

    label: str  # what it is called in the results
    path: str  # the endpoint's path and query, without a model's prefix
    calls: int | None = None  # the calls that it makes; None where that is not known


def measure(place: Place, variables: Mapping[str, str], asked: Mapping[Asked, int], cold_rounds: int) -> dict[str, Any]:
    """Invoke every model with every question, in its rounds, and start new environments.

    Returns:
        the raw data: `models` with what is known of each, `invocations`, `cold_starts`.
    """
    questions = list(asked)

    def new(model: Model) -> AbstractContextManager[Environment]:
        return emulator.environment(place.bundles[model.function], variables, place.processes)

    def started(model: Model) -> dict[str, Any]:
        with new(model) as environment:
            return _start(model, environment, _invoke(environment, model, questions[0]))

    with ExitStack() as ends:
        environments, starts = dict[Model, Environment](), []
        for model in MODELS:
            environment = ends.enter_context(new(model))
            invocation = environment.invoke(_event(model, questions[0]))
            if invocation.answer["statusCode"] != 404:  # the model cannot serve every endpoint
                environments[model] = environment
                starts.append(_start(model, environment, invocation))
                _invoke(environment, model, questions[-1])

        def invoked(case: tuple[Asked, Model]) -> dict[str, Any]:
            question, model = case
            invocation = _invoke(environments[model], model, question)
            took = {"ms": round(invocation.ms, 3), "cpu_ms": round(invocation.cpu_ms, 3)}
            return {"model": model.name, "question": question.label} | took

        cases = {(question, model): rounds for question, rounds in asked.items() for model in environments}
        warm = sampled("Lambda: warm requests", cases, invoked)
        known = {
            model.name: asdict(model)
            | {"memory_mb": place.bundles[model.function].memory_mb, "peak_mb": round(environment.peak_mb, 1)}
            for model, environment in environments.items()
        }
    if cold_rounds:  # the warm ones have read the bundles from disk
        cold = sampled("Lambda: cold starts", dict.fromkeys(environments, cold_rounds), started)
        starts = [row for rows in cold.values() for row in rows]
    invocations = [row for rows in warm.values() for row in rows]
    described = [asdict(one) for one in questions]
    return {"models": known, "questions": described, "invocations": invocations, "cold_starts": starts}


def _start(model: Model, environment: Environment, first: Invocation) -> dict[str, Any]:
    took = {"init_ms": round(environment.init_ms, 2), "first_ms": round(first.ms, 2)}
    return {"model": model.name, "peak_mb": round(environment.peak_mb, 1)} | took


def _invoke(environment: Environment, model: Model, question: Asked) -> Invocation:
    invocation = environment.invoke(_event(model, question))
    headers = {name.lower(): value for name, value in invocation.answer["headers"].items()}
    if invocation.answer["statusCode"] != 200 or headers.get("fanin-complete") != "?1":
        raise Problem(f"{model.prefix}{question.path} was not complete: {invocation.answer}")
    time.sleep(0.005)  # what the runtime does behind its answer is over before the next is asked
    return invocation


def _event(model: Model, question: Asked) -> dict[str, Any]:
    return event_of("GET", model.prefix + question.path, {}, {}, b"")
