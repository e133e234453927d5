"""How requests get their credentials, put together for each kind of client."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

from fanin.config import Config
from fanin.credentials.auth.authenticate import Authenticator, needs_authentication
from fanin.credentials.auth.own_tls import OwnTls
from fanin.credentials.auth.tokens import Tokens
from fanin.credentials.flows import AskAws
from fanin.credentials.flows.carry import AsyncAskAws, Carrier
from fanin.credentials.flows.carry_blocking import BlockingCarrier
from fanin.credentials.secrets.places import place_of
from fanin.credentials.secrets.redaction import Redaction
from fanin.credentials.secrets.together import looked_up_together
from fanin.credentials.secrets.vault import SecretMissing, Vault
from fanin.engine.call import Call, Fetch, Policy, Request, Response
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import FaninError

# ruff: noqa: PLC0415 - the bundle of one client lacks the libraries of the other; AWS's clients are made where needed

if TYPE_CHECKING:
    from fanin.aws.client import Aws
    from fanin.aws.client_blocking import BlockingAws
    from fanin.sources.reach import BlockingAuthenticate, BlockingSend

_LOOK_UP = 5.0
"""Seconds that the look-up of a secret may take which is no source's."""


def authenticator_of(
    config: Config, environment: Mapping[str, str], redaction: Redaction, clock: Clock
) -> Authenticator:
    """Make what knows how sources know fanin.

    Args:
        config: whose sources.
        environment: where secrets are, or what says where.
        redaction: is told every secret.
        clock: the clock of calls' deadlines.

    Raises:
        ConfigError: the environment names no place for secrets.
    """
    vault = Vault(place_of(environment), looked_up_together(config), redaction, clock)
    own_tls = OwnTls()
    tokens = Tokens(redaction, clock, own_tls)
    return Authenticator(vault, tokens, redaction, environment, lambda: datetime.now(UTC), clock, own_tls)


def authentication(authenticator: Authenticator, aws: "Aws | None") -> Policy:
    """Make the step that authenticates calls on an event loop: what lies outside of it sees no secret in a request.

    Args:
        authenticator: knows what to put into requests.
        aws: the client to look secrets up with, where they are in a store of AWS's; its owner closes it.
    """
    carrier = Carrier(_asking(aws))

    def policy(fetch: Fetch) -> Fetch:
        async def with_authenticate(call: Call) -> Outcome[Response]:
            async def send(request: Request) -> Response:
                outcome = await fetch(replace(call, request=request))
                assert isinstance(outcome.value, Response)
                return outcome.value

            return Outcome(await carrier.carry(authenticator.ask(call), send))

        return with_authenticate

    return policy


def _asking(aws: "Aws | None") -> AsyncAskAws:
    async def ask(asked: AskAws) -> Any:
        assert aws, "only secrets of AWS's stores are asked for"
        return await aws.call(asked.service, asked.operation, asked.payload, timeout=asked.timeout, repeatable=True)

    return ask


def secret_reader(authenticator: Authenticator, aws: "Aws | None", clock: Clock) -> Callable[[str], Awaitable[str]]:
    """Make what gives the value of a secret by its name, on an event loop.

    It raises FaninError where there is no value.

    Args:
        authenticator: holds the secrets.
        aws: as for `authentication`.
        clock: the clock of calls' deadlines.
    """
    carrier = Carrier(_asking(aws))

    async def send(request: Request) -> Response:
        raise NotImplementedError(request.url)  # looking a secret up asks AWS alone

    async def read(name: str) -> str:
        names = frozenset({name})
        deadline = clock() + _LOOK_UP
        try:
            values = await carrier.carry(authenticator.vault.values(names, deadline), send)
        except SecretMissing as missing:
            raise FaninError(str(missing)) from None
        return values[name].get_secret_value()

    return read


def blocking_authentication(
    authenticator: Authenticator, environment: Mapping[str, str], tls: SSLContext, aws: "BlockingAws | None" = None
) -> "BlockingAuthenticate":
    """Make what authenticates calls that block.

    Args:
        authenticator: knows what to put into requests.
        environment: the function's.
        tls: the context of TLS connections.
        aws: the client to look secrets up with, if there is one; its owner closes it.
    """
    from fanin.sources.bounds import bounds

    if aws is None and environment.get("FANIN_SECRETS"):
        from fanin.aws.client_blocking import BlockingAws

        aws = BlockingAws(environment, tls)

    def ask(asked: AskAws) -> Any:
        assert aws, "only secrets of AWS's stores are asked for"
        return aws.call(asked.service, asked.operation, asked.payload, timeout=asked.timeout, repeatable=True)

    carrier = BlockingCarrier(ask, left=lambda: bounds().left())

    def with_authenticate(call: Call, send: "BlockingSend") -> Response:
        if needs_authentication(call.source):
            return carrier.carry(authenticator.ask(call), send)
        return send(call.request)

    return with_authenticate
