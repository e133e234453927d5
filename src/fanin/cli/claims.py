"""Who asks, as the command line says."""

from typing import Annotated

import orjson
import typer

from fanin.config import Endpoint
from fanin.config.values import Json
from fanin.engine.caller import Caller

AsOption = Annotated[
    str | None, typer.Option("--as", metavar="CALLER", help="Who asks: one of [callers]. Nothing is checked.")
]
ClaimOption = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="What is known of who asks; a value that is JSON is read as JSON."),
]


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
