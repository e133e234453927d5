"""`fanin call`: asks an endpoint here, without AWS."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from fanin.cli import waterfall
from fanin.cli.asking import Asked, Model
from fanin.cli.claims import AsOption, ClaimOption, TokenOption
from fanin.cli.exits import Exit
from fanin.cli.given import (
    ALLOWING,
    AllowOption,
    Given,
    HeaderOption,
    InputOption,
    ParametersArgument,
    asked_by,
    means_of,
)
from fanin.cli.options import (
    DEFAULT_FILE,
    EndpointArgument,
    FileOption,
    JsonOption,
    configuration,
    endpoint_named,
)
from fanin.cli.terminal import messages, print_json
from fanin.config.units import spelled
from fanin.config.values import Json
from fanin.contract.answers import Answer
from fanin.engine.outcome import Span
from fanin.engine.plan import Plan
from fanin.engine.worst_case import critical as critical_chain
from fanin.errors import AddressRefused, SecretUnavailable, SourceUnavailable

_FAKES = "upstream.toml"


def call(  # noqa: PLR0913 - each is an option of the command
    endpoint: EndpointArgument,
    parameters: ParametersArgument = None,
    file: FileOption = DEFAULT_FILE,
    *,
    model: Annotated[
        Model,
        typer.Option(
            help="How the calls run: all at once on an event loop, one after another, or all at once in threads."
        ),
    ] = Model.ASYNC,
    header: HeaderOption = None,
    given: InputOption = None,
    allow: AllowOption = None,
    who: AsOption = None,
    claim: ClaimOption = None,
    token: TokenOption = None,
    items: Annotated[
        bool, typer.Option("--items", help="Draw each call of a list, rather than how long they took.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask an endpoint here, without AWS, and draw its calls.

    The body goes to the standard output, everything else to the error stream. FANIN_VAR_NAME,
    FANIN_VARIABLES and FANIN_ALLOW count as they do for a function.
    """
    config = configuration(file, as_json=as_json)
    plan = Plan.of(endpoint_named(endpoint, config), config.sources)
    said = Given(parameters, header, given, who, claim, token)
    asked = asked_by(said, plan, config, model, means_of(config, allow or []))
    body = _body(asked.answer)
    if as_json:
        print_json(_json(asked, model, body.decode(errors="replace") if isinstance(body, bytes) else body))
    elif isinstance(body, bytes):
        sys.stdout.buffer.write(body)
    else:
        print_json(body)
        _tell(asked, plan, model, items=items)
        _tell_of_fakes(asked, file.with_name(_FAKES))
    raise typer.Exit(_exit(asked))


def _body(answer: Answer) -> Any:
    """Give what an answer says: JSON, or the bytes of one that was passed through."""
    media_type = dict(answer.headers).get("Content-Type", "").partition(";")[0]
    return json.loads(answer.body) if media_type.endswith("json") and answer.body else answer.body


def _tell(asked: Asked, plan: Plan, model: Model, *, items: bool) -> None:
    """Say what the answer is, and how it came about."""
    console = messages()
    kind = "complete" if asked.complete else "partial" if asked.answered else "failed"
    seconds = waterfall.duration(asked.result)
    console.print()
    console.print(f"{asked.answer.status} {kind} in {spelled(seconds)}, {model}", style="bold", soft_wrap=True)
    console.print()
    critical = critical_chain(asked.result.trace, plan) if model is not Model.SYNC else []
    waterfall.draw(asked.result, critical, console, items=items)
    for error in asked.result.failures.values():
        if isinstance(error, SecretUnavailable) and error.reason:
            console.print(f"{error.source}: {error.reason}", soft_wrap=True, markup=False)
    if any(isinstance(error, AddressRefused) for error in asked.result.failures.values()):
        console.print(ALLOWING, soft_wrap=True)


def _tell_of_fakes(asked: Asked, fakes: Path) -> None:
    """Say whom fanin has called, where somebody may count on the fakes of a new project, whose API is nowhere."""
    if any(isinstance(error, SourceUnavailable) for error in asked.result.failures.values()) and fakes.is_file():
        text = f"fanin call asks the APIs themselves. The fakes of {fakes.name} answer under fanin serve and fanin run."
        messages().print(text, soft_wrap=True, markup=False)


def _exit(asked: Asked) -> Exit:
    if not asked.answered:
        return Exit.FAILED
    return Exit.FINE if asked.complete else Exit.PARTIAL


def _json(asked: Asked, model: Model, body: Json) -> Json:
    result = asked.result
    sources: list[Json] = [
        {
            "name": name,
            "outcome": outcome.told_state,
            "detail": problem.detail if (problem := outcome.error or outcome.partial) else None,
            "attempts": outcome.attempts,
            **outcome.told,
            **_times(result.trace.spans[name], result.trace.began),
            **_steps(result.trace.spans[name], result.trace.began),
            **_calls(result.trace.spans[name], result.trace.began),
        }
        for name, outcome in (*result.outcomes.items(), *result.asked.items())
    ]
    return {
        "endpoint": result.goal.name,
        "model": str(model),
        "status": asked.answer.status,
        "complete": asked.complete,
        "duration_ms": round(waterfall.duration(result) * 1000, 1),
        "headers": dict(asked.answer.headers),
        "body": body,
        "sources": sources,
    }


def _steps(span: Span, began: float) -> dict[str, Json]:
    """Say what was tried, and what policies did."""
    tried: list[Json] = [
        {
            "started_ms": _since(began, attempt.started),
            "ended_ms": _since(began, attempt.ended),
            "result": attempt.result,
        }
        for attempt in span.attempts
    ]
    events: list[Json] = [
        {"at_ms": _since(began, event.at), "policy": event.policy, "did": event.did} for event in span.events
    ]
    return {"tried": tried, "events": events}


def _calls(span: Span, began: float) -> dict[str, Json]:
    """Give the times of each call of a list."""
    if span.items is None:
        return {}
    calls: list[Json] = [
        {"item": place, **_times(item, began), **_steps(item, began)} for place, item in span.items.items()
    ]
    return {"calls": calls}


def _since(began: float, moment: float | None) -> float | None:
    return None if moment is None else round((moment - began) * 1000, 1)


def _times(span: Span, began: float) -> dict[str, Json]:
    moments = {"ready_ms": span.ready, "started_ms": span.started, "ended_ms": span.ended}
    return {name: _since(began, moment) for name, moment in moments.items()}
