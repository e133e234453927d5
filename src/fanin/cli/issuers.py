"""What issuers of tokens say of `[callers]`: `fanin check --issuer` asks each for its description and its keys."""

from collections.abc import Iterator
from typing import Any, NoReturn

from fanin.callers.bounds import IN_ALL
from fanin.callers.jwt.keys import NoKeys, asked_for, described
from fanin.cli.asking import Means
from fanin.compose.front_door import InThreads
from fanin.config import Config, Endpoint
from fanin.config.callers import Callers
from fanin.config.callers.jwt import Jwt
from fanin.config.check import keys_of
from fanin.config.check_callers import CALLER, claims_in
from fanin.config.finding import Finding, Key
from fanin.config.mistake import nearest, quoted
from fanin.config.needs import needs_of
from fanin.config.template import CallerReference
from fanin.credentials.flows import Conversation
from fanin.engine.call import Runtime
from fanin.errors import RequestError
from fanin.sources.reach import Reach
from fanin.sources.tls import tls_context

_OF_EVERY_TOKEN = frozenset(("aud", "client_id", "exp", "iat", "iss", "jti", "nbf", "scope", "scopes", "sub"))
"""Claims of which no issuer has to say that it gives them (RFC 9068), and those that fanin makes of them."""
_UNNAMED = "Write one that it names, or see whether its tokens have this one all the same"


def unheard_of(config: Config, means: Means) -> tuple[list[Finding], list[Finding]]:
    """Find issuers that give no keys, and claims that none of them names.

    Args:
        config: the checked configuration.
        means: what issuers are reached with.

    Returns:
        Mistakes and warnings.
    """
    errors, warnings = list[Finding](), list[Finding]()
    runtime = Runtime()
    tls = tls_context()
    reach = Reach(means.resolvers, lambda: tls, runtime.clock)
    asks = InThreads(reach, _no_aws)
    for callers in config.callers.values():
        settings = callers.table
        if not isinstance(settings, Jwt):
            continue
        try:
            said = asks.carry(_told(settings), runtime.clock() + IN_ALL, private=settings.private)
        except (NoKeys, RequestError) as failure:
            detail = failure.detail if isinstance(failure, RequestError) else str(failure)
            fix = "Correct issuer or keys, start the issuer, or allow its address"
            errors.append(Finding("no-keys", ("callers", callers.name, "jwt"), detail, fix))
            continue
        named = said.get("claims_supported")
        if isinstance(named, list):
            known = _OF_EVERY_TOKEN | {each for each in named if isinstance(each, str)}
            warnings += _unnamed(config, callers, known)
    return errors, warnings


def _told(settings: Jwt) -> Conversation[dict[str, Any]]:
    """Ask for an issuer's description, unless it need not have one, and for its keys; give the description."""
    said = {} if settings.keys else (yield from described(settings))
    yield from asked_for(settings, said)
    return said


def _unnamed(config: Config, callers: Callers, known: frozenset[str]) -> Iterator[Finding]:
    """Find claims that are read of callers, and that their issuer does not name."""
    told = set[tuple[Key, str]]()
    for endpoint in config.endpoints.values():
        if endpoint.asked_by is not callers:
            continue
        for key, name, part in _claims_read(config, endpoint):
            if name not in known and (key, name) not in told:
                told.add((key, name))
                message = f"the issuer of {callers.name!r} does not name the claim {quoted(name)}"
                near = nearest(name, known)
                fix = near if near.startswith("Write '") else _UNNAMED
                yield Finding("unknown-claim", key, message, fix, part=part)


def _claims_read(config: Config, endpoint: Endpoint) -> Iterator[tuple[Key, str, str]]:
    """Give the claims that an endpoint reads: where, which, and as it is written."""
    if endpoint.allow is not None:
        for name in claims_in(endpoint.allow):
            yield ("endpoints", endpoint.name, "allow"), name, f"{CALLER}.{name}"
    for name in needs_of(endpoint.reads, config.sources):
        for reference, key in keys_of(config.sources[name]).items():
            if isinstance(reference, CallerReference):
                yield key, reference.path[0], str(reference)


def _no_aws() -> NoReturn:
    raise AssertionError("issuers are no service of AWS's")
