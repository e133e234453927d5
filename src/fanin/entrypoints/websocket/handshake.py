"""Who connects: made sure of once, in the handshake, since no message of a browser's can have a header.

Programs send the header of their kind of credentials. A browser's page sends one of these:

    new WebSocket(url, ["fanin", `fanin.bearer.${token}`])      a token or an API key, as a subprotocol (RFC 6455)
    new WebSocket(`${url}?ticket=${ticket}`)                    a one-time ticket

Cookies count for nothing here: browsers send them for any page.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from fanin.config.callers import Callers
from fanin.config.format import TICKET
from fanin.engine.caller import Caller
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.front_door import Admit, FrontDoor
from fanin.engine.invocation import Invocation
from fanin.engine.refusals import NOBODY, not_authenticated
from fanin.entrypoints.websocket.limits import CONNECTION_LIFE
from fanin.errors import RequestError

SUBPROTOCOL = "fanin"
"""What a client offers beside its token, and fanin selects: the token is never sent back."""
BEARER = "fanin.bearer."
"""What the subprotocol with a token begins with."""


type Greet = Callable[[Mapping[str, str], Sequence[tuple[str, str]], Invocation], Awaitable["Connected | None"]]
"""Finds out who connects, by a handshake's headers, names in lower case, and its query; raises RequestError."""


@dataclass(frozen=True, slots=True)
class Connected:
    """Who has connected.

    Args:
        caller: who it is.
        until: until when that is known, in seconds: when the credentials expire, or when API Gateway ends connections.
    """

    caller: Caller
    until: float

    def at(self, now: float) -> Caller:
        """Give who it is at a moment.

        Raises:
            RequestError: 401, the credentials have expired since.
        """
        if now >= self.until:
            challenge = f'Bearer realm="{self.caller.name}", error="invalid_token"'
            raise not_authenticated("the credentials of this connection have expired: connect again", challenge)
        return self.caller


def is_offered(offered: str) -> bool:
    """Whether a client offers fanin's subprotocol, by `Sec-WebSocket-Protocol`."""
    return SUBPROTOCOL in _offered(offered)


def greeting(catalogue: Catalogue, door: FrontDoor) -> Greet:
    """Make what finds out who connects; `until` is in seconds since 1970.

    Args:
        catalogue: says who the callers are.
        door: makes sure of them.
    """
    callers = catalogue.config.callers

    async def greet(
        headers: Mapping[str, str], query: Sequence[tuple[str, str]], invocation: Invocation
    ) -> Connected | None:
        if not callers or door.admit is None:
            return None
        ticket = next((text for name, text in query if name == TICKET), None)
        if ticket is None:
            caller = await _by_headers(catalogue, door.admit, _without_cookies(headers), invocation)
        elif door.redeem is None:
            raise not_authenticated("there are no tickets here", next(iter(callers.values())).challenge)
        else:
            caller = await door.redeem(ticket, invocation)
        if caller is None:
            return None
        longest = door.now() + CONNECTION_LIFE
        return Connected(caller, longest if caller.expires is None else min(longest, caller.expires))

    return greet


async def _by_headers(
    catalogue: Catalogue, admit: Admit, headers: Mapping[str, str], invocation: Invocation
) -> Caller | None:
    """Find the callers that a client is one of; None if it shows nothing, and may ask for what is open to anyone."""
    refused, shows = list[RequestError](), False
    for name, callers in catalogue.config.callers.items():
        presented = _presented(headers, callers)
        shows = shows or callers.table.reads.lower() in presented
        try:
            return await admit(catalogue.open_to(name), ClientRequest({}, presented), invocation)
        except RequestError as error:
            if error.status not in NOBODY:
                raise
            refused.append(error)
    if shows:
        raise max(refused, key=lambda error: error.status)
    return None


def _without_cookies(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in headers.items() if name != "cookie"}


def _presented(headers: Mapping[str, str], callers: Callers) -> Mapping[str, str]:
    """Give the headers of a handshake, with a token that came as a subprotocol in the header that callers use."""
    offered = _offered(headers.get("sec-websocket-protocol", ""))
    token = next((text.removeprefix(BEARER) for text in offered if text.startswith(BEARER)), None)
    if token is None:
        return headers
    reads = callers.table.reads.lower()
    return {**headers, reads: f"Bearer {token}" if reads == "authorization" else token}


def _offered(offered: str) -> list[str]:
    return [text.strip() for text in offered.split(",")]
