"""`fanin call`: asks an endpoint here, without AWS."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from fanin.cli import waterfall
from fanin.cli.asking import Asked, Means, Model, ask
from fanin.cli.claims import AsOption, ClaimOption, caller_of
from fanin.cli.exits import Exit
from fanin.cli.options import (
    DEFAULT_FILE,
    EndpointArgument,
    FileOption,
    JsonOption,
    configuration,
    endpoint_named,
    environment,
    parameters_of,
)
from fanin.cli.terminal import messages, print_json
from fanin.config import Config, Endpoint
from fanin.config.finding import ConfigError
from fanin.config.mistake import nearest
from fanin.config.units import spelled
from fanin.config.values import Json
from fanin.contract.answers import Answer
from fanin.engine.catalogue import ClientRequest
from fanin.engine.outcome import Span
from fanin.engine.plan import Plan
from fanin.engine.worst_case import critical as critical_chain
from fanin.errors import AddressRefused, RequestError, SecretUnavailable
from fanin.sources.address import AddressGuard

_EXTRAS = {Model.ASYNC: "gateway", Model.SYNC: "sync", Model.THREADS: "sync"}


def call(  # noqa: PLR0913 - each is an option of the command
    endpoint: EndpointArgument,
    parameters: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="The request's parameters.", autocompletion=parameters_of),
    ] = None,
    file: FileOption = DEFAULT_FILE,
    *,
    model: Annotated[
        Model,
        typer.Option(
            help="How the calls run: all at once on an event loop, one after another, or all at once in threads."
        ),
    ] = Model.ASYNC,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header", "-H", metavar="NAME:VALUE", help="A header of the client, for sources that forward it."
        ),
    ] = None,
    given: Annotated[
        str | None,
        typer.Option("--input", metavar="JSON", help="The client's JSON body, or @FILE that has it; @- reads it."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR:PORT", help="Addresses to reach beside the public ones and those of FANIN_ALLOW."),
    ] = None,
    who: AsOption = None,
    claim: ClaimOption = None,
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
    sent, headers = _sent(parameters or [], config.endpoints[endpoint]), _headers(header or [], plan)
    caller, means = caller_of(config.endpoints[endpoint], who, claim or []), _means(config, allow or [])
    with _refusals(model):
        asked = ask(config, endpoint, ClientRequest(sent, headers, input=_input(given)), model, means, caller)
    body = _body(asked.answer)
    if as_json:
        print_json(_json(asked, model, body.decode(errors="replace") if isinstance(body, bytes) else body))
    elif isinstance(body, bytes):
        sys.stdout.buffer.write(body)
    else:
        print_json(body)
        _tell(asked, plan, model, items=items)
    raise typer.Exit(_exit(asked))


def _sent(texts: list[str], endpoint: Endpoint) -> dict[str, Json]:
    """Read `city=Lisbon` and the like, by the names on the wire; a list may come again and again.

    Raises:
        typer.BadParameter: one has no `=`, comes twice, or is no parameter of the endpoint.
    """
    sent: dict[str, Json] = {}
    known = {endpoint.sent_as[name]: parameter for name, parameter in endpoint.all_parameters.items()}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise _wrong(f"{text!r} has no '='. Write NAME=VALUE.")
        if name not in known:
            raise _wrong(f"{name!r} is no parameter of {endpoint.name}. {nearest(name, known)}.")
        if known[name].type == "list":
            sent[name] = [*(sent.get(name) or []), value]  # type: ignore[misc]
            continue
        if name in sent:
            raise _wrong(f"{name!r} is given twice. Give it once.")
        sent[name] = value
    return sent


def _body(answer: Answer) -> Any:
    """Give what an answer says: JSON, or the bytes of one that was passed through."""
    media_type = dict(answer.headers).get("Content-Type", "").partition(";")[0]
    return json.loads(answer.body) if media_type.endswith("json") and answer.body else answer.body


def _input(text: str | None) -> Json:
    """Read the JSON that an option has, or names a file for.

    Raises:
        typer.BadParameter: it is not JSON, or there is no such file.
    """
    if text is None:
        return None
    try:
        content = text.encode()
        if text.startswith("@"):
            content = sys.stdin.buffer.read() if text == "@-" else Path(text[1:]).read_bytes()
        read: Json = orjson.loads(content)
    except OSError as error:
        raise _wrong(f"{text[1:]!r} cannot be read: {error.strerror}.", "'--input'") from error
    except orjson.JSONDecodeError as error:
        raise _wrong(f"it is not JSON: {error}.", "'--input'") from error
    return read


def _headers(texts: list[str], plan: Plan) -> dict[str, str]:
    """Read `Accept-Language: pt` and the like; names come in lower case.

    Raises:
        typer.BadParameter: one has no `:`, comes twice, or is handed on to no source.
    """
    forwarded = {name.lower() for name in plan.forwarded}
    sent: dict[str, str] = {}
    for text in texts:
        name, colon, value = (part.strip() for part in text.partition(":"))
        if not colon:
            raise _wrong(f"{text!r} has no ':'. Write NAME:VALUE.", "'--header'")
        if name.lower() not in forwarded:
            known = nearest(name, plan.forwarded)
            raise _wrong(f"{name} is handed on to no source of {plan.goal.name}. {known}.", "'--header'")
        if name.lower() in sent:
            raise _wrong(f"{name} is given twice. Give it once.", "'--header'")
        sent[name.lower()] = value
    return sent


def _guard(allow: list[str]) -> AddressGuard:
    try:
        return AddressGuard(" ".join([environment().get("FANIN_ALLOW", ""), *allow]))
    except ValueError as error:
        message = f"{error}. Write CIDR:port, such as 127.0.0.0/8:8080; * for any port."
        raise typer.BadParameter(message, param_hint="'--allow' or FANIN_ALLOW") from error


def _means(config: Config, allow: list[str]) -> Means:
    guard = _guard(allow)
    try:
        return Means.of(config, guard, environment())
    except ConfigError as error:
        raise typer.BadParameter(str(error), param_hint="FANIN_SECRETS") from error


@contextmanager
def _refusals(model: Model) -> Iterator[None]:
    """Say what is wrong with the command where the request cannot be made."""
    try:
        yield
    except RequestError as error:
        raise _wrong(f"{error.detail}.") from error
    except ModuleNotFoundError as error:
        message = f"{model} needs {error.name}. Install fanin[{_EXTRAS[model]}]."
        raise typer.BadParameter(message, param_hint="'--model'") from error


def _wrong(message: str, hint: str = "'NAME=VALUE'") -> typer.BadParameter:
    return typer.BadParameter(message, param_hint=hint)


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
        console.print("Where that address is meant, allow it: --allow CIDR:PORT, or FANIN_ALLOW.", soft_wrap=True)


def _exit(asked: Asked) -> Exit:
    if not asked.answered:
        return Exit.FAILED
    return Exit.FINE if asked.complete else Exit.PARTIAL


def _json(asked: Asked, model: Model, body: Json) -> Json:
    result = asked.result
    sources: list[Json] = [
        {
            "name": name,
            "outcome": outcome.error.problem if outcome.error else outcome.state,
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
