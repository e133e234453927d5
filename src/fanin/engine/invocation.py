"""What a function, or a server, knows of the request that it serves, whatever way it came in."""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from uuid import uuid4

from fanin.config.format import GATEWAY_LIMIT
from fanin.config.record import record
from fanin.config.values import Json
from fanin.engine.caller import Caller
from fanin.engine.outcome import Clock
from fanin.engine.result import Result
from fanin.engine.trace_context import TraceContext

_NOTHING: Mapping[str, Json] = MappingProxyType({})


@record
class Network:
    """What those who stand between the client and fanin say of the client.

    Args:
        address: the client's, or that of a proxy before it, as API Gateway or the server saw it; empty if unknown.
        iam: who signed the request, as API Gateway's IAM authorizer made sure; empty without one.
        authorizer: the claims or the context that another authorizer of API Gateway's gave; empty without one.
        forwarded: under a server, `X-Forwarded-For` as it came; how much of it may be believed, `FANIN_PROXIES` says.
    """

    address: str = ""
    iam: Mapping[str, Json] = _NOTHING
    authorizer: Mapping[str, Json] = _NOTHING
    forwarded: str = ""


@record
class PageRequest:
    """A request for an endpoint that the console's page had made, by a request of its own.

    Args:
        method: the HTTP method.
        path: percent-encoded, without the query.
        status: the answer's; None while there is none. What refuses it, or cuts it off, ends the page's own as well.
    """

    method: str
    path: str
    status: int | None = None


UNKNOWN = Network()
"""Nothing is known of the client."""


@record
class Invocation:
    """The request that is served.

    Args:
        request_id: the id under which the request is logged and answered.
        deadline: when the answer must be there, in the clock's seconds, whatever the endpoint's timeout.
        trace_context: the trace that the request belongs to; None if there is no trace to pass on.
        results: what was aggregated for the request, added as it is there.
        owner: who asks, as an authorizer made sure; empty without an authorizer.
        network: what is known of the client from others.
        headers: what goes onto the answer, whatever it is, added before there is one.
        about: what logs and metrics tell of who asks, added once that is known.
        caller: who asks, as the handshake of the connection made sure that it came over; None otherwise.
        by_page: the request that the page had made: as it begins, and again once it has an answer; empty of others.
    """

    request_id: str
    deadline: float
    trace_context: TraceContext | None = None
    results: list[Result] = field(default_factory=list)
    owner: str = ""
    network: Network = UNKNOWN
    headers: list[tuple[str, str]] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)
    caller: Caller | None = None
    by_page: list[PageRequest] = field(default_factory=list)

    @classmethod
    def unbounded(
        cls, clock: Clock, headers: Mapping[str, str] = MappingProxyType({}), address: str = ""
    ) -> "Invocation":
        """Make one that only the gateway's limit bounds, as under a server.

        Args:
            clock: the clock of all deadlines.
            headers: the request's; names in lower case.
            address: the client's, as the server saw it.
        """
        trace_context = TraceContext.of(headers)
        return cls(
            str(uuid4()),
            clock() + GATEWAY_LIMIT,
            trace_context,
            network=Network(address, forwarded=headers.get("x-forwarded-for", "")),
        )
