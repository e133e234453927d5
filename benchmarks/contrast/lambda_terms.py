"""On Lambda's terms: each model in AWS's runtime interface emulator, one request at a time."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict
from operator import itemgetter
from typing import Any, NamedTuple

from benchmarks import emulator
from benchmarks.contrast.models import MODELS, Model
from benchmarks.emulator import Environment, Invocation
from benchmarks.interleaving import sampled
from benchmarks.place import Place
from fanin.local.process.console import Problem
from fanin.testing.event import event_of


class Asked(NamedTuple):
    """What the models are asked."""

    label: str  # what it is called in the results: the number of calls, or the endpoint's name
    path: str  # the endpoint's path and query, without a model's prefix


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
            first = round(_invoke(environment, model, questions[0]).ms, 2)
            took = {"init_ms": round(environment.init_ms, 2), "first_ms": first}
            return {"model": model.name, "function": model.function, "peak_mb": environment.peak_mb} | took

    with ExitStack() as ends:
        environments = dict[Model, Environment]()
        for model in MODELS:
            environment = ends.enter_context(new(model))
            answer = environment.invoke(_event(model, questions[0])).answer
            if answer["statusCode"] != 404:  # the model cannot serve every endpoint
                environments[model] = environment
                _invoke(environment, model, questions[-1])

        def invoked(case: tuple[Asked, Model]) -> dict[str, Any]:
            question, model = case
            invocation = _invoke(environments[model], model, question)
            took = {"ms": round(invocation.ms, 3), "cpu_ms": round(invocation.cpu_ms, 3)}
            return {"model": model.name, "question": question.label} | took

        cases = {(question, model): rounds for question, rounds in asked.items() for model in environments}
        warm = sampled("Lambda: warm requests", cases, invoked, under=itemgetter(0))
        known = {}
        for model, environment in environments.items():
            memory = {"memory_mb": place.bundles[model.function].memory_mb, "peak_mb": environment.peak_mb}
            known[model.name] = asdict(model) | memory
    cold = sampled("Lambda: cold starts", dict.fromkeys(environments, cold_rounds), started) if cold_rounds else {}
    return {
        "models": known,
        "questions": dict(questions),
        "invocations": [row for rows in warm.values() for row in rows],
        "cold_starts": [row for rows in cold.values() for row in rows],
    }


def _invoke(environment: Environment, model: Model, question: Asked) -> Invocation:
    invocation = environment.invoke(_event(model, question))
    headers = {name.lower(): value for name, value in invocation.answer["headers"].items()}
    if invocation.answer["statusCode"] != 200 or headers.get("fanin-complete") != "?1":
        raise Problem(f"{model.prefix}{question.path} was not complete: {invocation.answer}")
    time.sleep(0.005)  # what the runtime does behind its answer is over before the next is asked
    return invocation


def _event(model: Model, question: Asked) -> dict[str, Any]:
    return event_of("GET", model.prefix + question.path, {}, {}, b"")
