"""What a command line says of a request: parameters, headers, a body, and what calls are made with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import orjson
import typer

from fanin.cli.asking import Asked, Means, Model, as_it_is, ask
from fanin.cli.claims import who_asks
from fanin.cli.options import content_of, environment, parameters_of
from fanin.config import Config, Endpoint
from fanin.config.finding import ConfigError
from fanin.config.mistake import nearest
from fanin.config.values import Json
from fanin.engine.call import Policy
from fanin.engine.catalogue import ClientRequest
from fanin.engine.plan import Plan
from fanin.errors import RequestError
from fanin.sources.address import AddressGuard

ParametersArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME=VALUE", help="The request's parameters.", autocompletion=parameters_of),
]
HeaderOption = Annotated[
    list[str] | None,
    typer.Option("--header", "-H", metavar="NAME:VALUE", help="A header of the client, for sources that forward it."),
]
InputOption = Annotated[
    str | None,
    typer.Option("--input", metavar="JSON", help="The client's JSON body, or @FILE that has it; @- reads it."),
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(metavar="CIDR:PORT", help="Addresses to reach beside the public ones and those of FANIN_ALLOW."),
]

ALLOWING = "If that address is meant, allow it: --allow 127.0.0.0/8:8000 for port 8000 here; or FANIN_ALLOW."
"""What to do about an address that was refused."""
_PARAMETER = "'NAME=VALUE'"
_EXTRAS = {Model.ASYNC: "gateway", Model.SYNC: "sync", Model.THREADS: "sync"}


@dataclass(frozen=True, slots=True)
class Given:
    """What a command line says of a request.

    Args:
        parameters: `city=Lisbon` and the like.
        headers: `Accept-Language: pt` and the like.
        input: the client's JSON body, or where it is; None without one.
        who: the caller that is named; None without one.
        claims: `sub=ada` and the like.
        token: the credentials of who asks, or where they are; None without them.
    """

    parameters: list[str] | None
    headers: list[str] | None
    input: str | None
    who: str | None
    claims: list[str] | None
    token: str | None


def asked_by(  # noqa: PLR0913 - what is said, and what is around it
    given: Given, plan: Plan, config: Config, model: Model, means: Means, *, around: Policy = as_it_is
) -> Asked:
    """Ask an endpoint as a command line says.

    Args:
        given: what it says.
        plan: the endpoint's.
        config: what is served.
        model: how the calls run.
        means: what the calls are made with.
        around: as for `ask`.

    Raises:
        typer.BadParameter: it says what cannot be, or the request is refused.
    """
    endpoint = config.endpoints[plan.goal.name]
    sent, headers = _sent(given.parameters or [], endpoint), _headers(given.headers or [], plan)
    with _refusals(model, given):
        caller = who_asks(endpoint, means, given.who, given.claims or [], given.token)
        request = ClientRequest(sent, headers, input=_input(given.input))
        return ask(config, endpoint.name, request, model, means, caller, around=around)


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


def _input(text: str | None) -> Json:
    """Read the JSON that an option has, or names a file for.

    Raises:
        typer.BadParameter: it is not JSON, or there is no such file.
    """
    if text is None:
        return None
    try:
        read: Json = orjson.loads(content_of(text, "'--input'"))
    except orjson.JSONDecodeError as error:
        raise _wrong(f"it is not JSON: {error}.", "'--input'") from error
    return read


def means_of(config: Config, allow: list[str]) -> Means:
    """Make what calls are made with; addresses may be reached that the environment or the command line names.

    Raises:
        typer.BadParameter: an address is none, or the environment names no place for secrets.
    """
    guard = guard_of(allow)
    try:
        return Means.of(config, guard, environment())
    except ConfigError as error:
        raise typer.BadParameter(str(error), param_hint="FANIN_SECRETS") from error


def guard_of(allow: list[str]) -> AddressGuard:
    """Make the check of addresses, with those that `--allow` and FANIN_ALLOW name.

    Raises:
        typer.BadParameter: one is no network and port.
    """
    try:
        return AddressGuard(" ".join([environment().get("FANIN_ALLOW", ""), *allow]))
    except ValueError as error:
        message = f"{error}. Write CIDR:port, such as 127.0.0.0/8:8080; * for any port."
        raise typer.BadParameter(message, param_hint="'--allow' or FANIN_ALLOW") from error


@contextmanager
def _refusals(model: Model, given: Given) -> Iterator[None]:
    """Say what is wrong with the command where the request cannot be made, and which option it is."""
    try:
        yield
    except RequestError as error:
        who = "'--token'" if given.token else "'--as' or '--claim'"
        options = {"bad-input": "'--input'", "not-allowed": who, "not-authenticated": who, "callers-unavailable": who}
        if error.problem == "bad-input" and given.input is None:
            raise _wrong(
                "the endpoint takes a JSON body. Write --input JSON, or --input @FILE.", "'--input'"
            ) from error
        raise _wrong(f"{error.detail}.", options.get(error.problem, _PARAMETER)) from error
    except ConfigError as error:
        raise _wrong(str(error), "'--token'") from error
    except ModuleNotFoundError as error:
        message = f"{model} needs {error.name}. Install fanin[{_EXTRAS[model]}]."
        raise typer.BadParameter(message, param_hint="'--model'") from error


def _wrong(message: str, hint: str = _PARAMETER) -> typer.BadParameter:
    """Say what is wrong with an option, or with a parameter."""
    return typer.BadParameter(message, param_hint=hint)
