"""What only shows of callers when the parts of fanin.toml are seen together: who may ask, and what is known of them."""

from collections.abc import Collection, Iterator, Mapping

from fanin.config.check_expressions import brought
from fanin.config.expressions import Expression
from fanin.config.expressions.mentions import mentions_of
from fanin.config.finding import Finding, Key
from fanin.config.format import ANYONE, TICKET, TICKETS, Config, Endpoint
from fanin.config.mistake import nearest, quoted
from fanin.config.template import CallerReference, Reference

CALLER = "caller"
"""What expressions call the claims of who asks."""


def findings(config: Config, names: Collection[str]) -> Iterator[Finding]:
    """Find callers that are not there, and what needs a caller and has none.

    Args:
        config: the file, without the tables that have a mistake of their own.
        names: those of all callers that the file has.
    """
    if ANYONE in names:
        yield Finding("reserved-name", ("callers", ANYONE), f"{ANYONE!r} is everybody", "Choose another name")
    if config.caller is not None:
        yield from _unknown(config.caller, (CALLER,), names)
    for endpoint in config.endpoints.values():
        if endpoint.caller is not None:
            yield from _unknown(endpoint.caller, ("endpoints", endpoint.name, CALLER), names)
        if names and (endpoint.method, endpoint.path) == ("POST", TICKETS):
            message = f"callers get their one-time tickets by POST {TICKETS}"
            yield Finding("reserved-path", ("endpoints", endpoint.name, "path"), message, "Choose another path")
        if endpoint.asked_by is not None:
            yield from _ticket(endpoint)
        if endpoint.allow is not None:
            yield from _allowed(endpoint, endpoint.allow)
        if endpoint.client_limit is not None and endpoint.client_limit.by == CALLER and endpoint.is_open:
            key = ("endpoints", endpoint.name, "client_limit", "by")
            message = f"anyone may ask for endpoint {endpoint.name!r}, so that it has no callers to count"
            yield Finding("no-caller", key, message, 'Write "address", or add caller to the endpoint', part='"caller"')
    if not names:
        yield from _nobody(config)


def _unknown(name: str, key: Key, names: Collection[str]) -> Iterator[Finding]:
    if name != ANYONE and name not in names:
        message = f"there is no {quoted(name)} in [callers]"
        fix = (
            nearest(name, list(dict.fromkeys((*names, ANYONE))))
            if names
            else f"Add [callers.{name}], which says how they are known"
        )
        yield Finding("unknown-caller", key, message, fix, part=f'"{name}"')


def _ticket(endpoint: Endpoint) -> Iterator[Finding]:
    """Find a parameter that stands where callers have their tickets."""
    for name, parameter in endpoint.parameters.items():
        if parameter.in_ == "query" and endpoint.sent_as[name] == TICKET:
            key = ("endpoints", endpoint.name, "parameters", name)
            message = f"{TICKET!r} in the query is a caller's one-time ticket"
            yield Finding("reserved-name", key, message, "Choose another name, or another sent_as")


def _allowed(endpoint: Endpoint, allow: Expression) -> Iterator[Finding]:
    """Find what nobody could pass, and what reads parameters, or an input, that the endpoint does not take."""
    key = ("endpoints", endpoint.name, "allow")
    yield from brought(endpoint, key, allow)
    if CALLER in allow.mentions:
        yield from _open(endpoint, key, "allow reads claims")
        yield from _unknown_claims(endpoint, key, allow)


def _open(endpoint: Endpoint, key: Key, what: str, part: str = "") -> Iterator[Finding]:
    if endpoint.is_open:
        message = f"{what}, and anyone may ask for endpoint {endpoint.name!r}"
        fix = f'Add caller = "…" to [endpoints.{endpoint.name}], the name of one of [callers]'
        yield Finding("no-caller", key, message, fix, part=part)


def claim_findings(endpoint: Endpoint, keys: Mapping[Reference, Key]) -> Iterator[Finding]:
    """Find references to claims that no request for an endpoint brings with it.

    Args:
        endpoint: one that reads a source.
        keys: where each reference of the source stands.
    """
    for reference, key in keys.items():
        if isinstance(reference, CallerReference) and not reference.optional:
            yield from _open(endpoint, key, f"{reference} is a claim", str(reference))
            yield from _claim(endpoint, key, reference.path[0], str(reference))


def claims_in(expression: Expression) -> list[str]:
    """Name the claims that an expression reads, in alphabetical order."""
    members = {mention.member for mention in mentions_of(expression.parsed) if mention.name == CALLER}
    return sorted(members - {""})


def _unknown_claims(endpoint: Endpoint, key: Key, expression: Expression) -> Iterator[Finding]:
    for member in claims_in(expression):
        yield from _claim(endpoint, key, member, f"{CALLER}.{member}")


def _claim(endpoint: Endpoint, key: Key, name: str, part: str) -> Iterator[Finding]:
    """Find a claim that callers of a kind never have."""
    callers = endpoint.asked_by
    known = callers.table.claims if callers else None
    if callers and known is not None and name not in known:
        message = f"callers of the kind {callers.kind} have no claim {quoted(name)}"
        yield Finding("unknown-claim", key, message, nearest(name, known), part=part)


def _nobody(config: Config) -> Iterator[Finding]:
    """Find expressions on who asks in a file that says of nobody who asks: they would always read null."""
    tables = [("sources", table) for table in config.sources.values()]
    expressions = [((kind, t.name, *key), each) for kind, t in tables for key, each in t.expressions_by_key]
    expressions += [(("endpoints", e.name, "pick"), e.pick) for e in config.endpoints.values() if e.pick]
    for key, expression in expressions:
        if CALLER in expression.mentions:
            message = "it reads who asks, and no endpoint has a caller"
            yield Finding("no-caller", key, message, "Add [callers.NAME], and caller to the endpoint", part=CALLER)


def warnings(config: Config) -> Iterator[Finding]:
    """Find endpoints that anyone may ask for, in a file that knows callers, and that do not say so.

    Args:
        config: the checked configuration.
    """
    for endpoint in config.endpoints.values() if config.callers else ():
        if endpoint.caller is None and config.caller is None:
            message = f"anyone may ask for endpoint {endpoint.name!r}"
            fix = f'Add caller = "{next(iter(config.callers))}", or caller = "{ANYONE}" to say so'
            yield Finding("no-caller", ("endpoints", endpoint.name), message, fix)
