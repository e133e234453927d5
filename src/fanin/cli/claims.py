"""Who asks, as the command line says."""

from contextlib import closing
from typing import Annotated, NoReturn

import orjson
import typer

from fanin.callers.kinds import Around
from fanin.cli.asking import Means
from fanin.cli.options import content_of
from fanin.config import Endpoint
from fanin.config.callers import Callers
from fanin.config.values import Json
from fanin.credentials.secrets.places import place_of
from fanin.credentials.secrets.redaction import redaction_of
from fanin.engine.call import Runtime
from fanin.engine.caller import Caller
from fanin.engine.catalogue import ClientRequest
from fanin.engine.invocation import Invocation
from fanin.sources.reach import Reach
from fanin.sources.tls import tls_context

AsOption = Annotated[
    str | None, typer.Option("--as", metavar="CALLER", help="Who asks: one of \\[callers]. Nothing is checked.")
]
ClaimOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="What is known of who asks; a value that is JSON is read as JSON."),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        metavar="TOKEN", help="The credentials of who asks, which are checked: a token or an API key; @FILE has them."
    ),
]


def who_asks(endpoint: Endpoint, means: Means, name: str | None, claims: list[str], token: str | None) -> Caller | None:
    """Give who asks for an endpoint: whom credentials prove, or else whom the command line names.

    Args:
        endpoint: the endpoint.
        means: what the issuer, or the table of keys, is asked with.
        name: the caller's; None without one.
        claims: `sub=ada` and the like.
        token: the token or key, or where it is, behind `@`; None without one.

    Raises:
        typer.BadParameter, RequestError, ConfigError: as `caller_by` and `caller_of`; or both are given.
    """
    if token is None:
        return caller_of(endpoint, name, claims)
    if name or claims:
        raise _wrong("the token says who asks. Leave --as and --claim out.", "'--token'")
    return caller_by(token, endpoint, means)


def caller_by(token: str, endpoint: Endpoint, means: Means) -> Caller | None:
    """Find out who asks for an endpoint by credentials, as the functions do: the issuer or the table is asked.

    Args:
        token: the token or key, or where it is, behind `@`.
        endpoint: the endpoint.
        means: what the issuer, or the table of keys, is asked with.

    Raises:
        typer.BadParameter: the endpoint's callers send no such thing, or the file cannot be read.
        RequestError: the credentials are not taken.
        ConfigError: the environment does not say where keys are.
    """
    from fanin.aws.client_blocking import BlockingAws  # noqa: PLC0415 - not needed for `--as`
    from fanin.compose.front_door import front_door  # noqa: PLC0415 - likewise

    callers = endpoint.asked_by
    if callers is None:
        raise _wrong(f"anyone may ask for {endpoint.name}. Leave it out.", "'--token'")
    credentials = _credentials(callers, content_of(token, "'--token'").decode(errors="replace").strip())
    runtime = Runtime()
    place = place_of(means.environment)
    around = Around(means.environment, redaction_of(means.environment), place, runtime.clock, runtime.now)
    tls = tls_context()
    reach = Reach(means.resolvers, lambda: tls, runtime.clock)
    with closing(BlockingAws(means.environment, tls)) as aws:
        door = front_door({callers.name: callers}, around, reach, _no_loop, lambda: aws)
        assert door.admit_blocking
        return door.admit_blocking(endpoint, ClientRequest({}, credentials), Invocation.unbounded(runtime.clock))


def _no_loop() -> NoReturn:
    raise AssertionError("a thread asks")


def _credentials(callers: Callers, text: str) -> dict[str, str]:
    """Give the headers that credentials stand in."""
    match callers.kind:
        case "jwt":
            return {"authorization": f"Bearer {text}"}
        case "keys":
            return {callers.table.reads.lower(): text}
    raise _wrong(f"AWS makes sure of the callers {callers.name!r}. Write --as {callers.name}.", "'--token'")


def caller_of(endpoint: Endpoint, name: str | None, claims: list[str]) -> Caller | None:
    """Read who asks for an endpoint.

    Args:
        endpoint: the endpoint.
        name: the caller's; None without one.
        claims: `sub=ada` and the like.

    Raises:
        typer.BadParameter: it is not the endpoint's caller; or a claim has no `=`, or comes twice.
    """
    callers = endpoint.asked_by
    if callers is None:
        if name or claims:
            raise _wrong(f"anyone may ask for {endpoint.name}. Leave it out.")
        return None
    if name != callers.name:
        given = f"not {name!r}" if name else "and nothing says who asks"
        raise _wrong(f"{endpoint.name} has the caller {callers.name!r}, {given}. Write --as {callers.name}.")
    read: dict[str, Json] = {}
    for text in claims:
        claim, equals, value = text.partition("=")
        if not equals or not claim:
            raise _wrong(f"{text!r} has no '='. Write NAME=VALUE.", "'--claim'")
        if claim in read:
            raise _wrong(f"{claim!r} is given twice. Give it once.", "'--claim'")
        read[claim] = _value(value)
    return Caller(name, read)


def _value(text: str) -> Json:
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value


def _wrong(message: str, hint: str = "'--as'") -> typer.BadParameter:
    return typer.BadParameter(message, param_hint=hint)
