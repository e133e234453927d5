"""What is served, and the one way into it: a request for an endpoint is checked, bounded and begun here.

Lambda, servers, FastAPI, Django, WebSocket, jobs and the tool all begin their requests here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import EllipsisType, MappingProxyType

from fanin.config import Config, Endpoint
from fanin.config.format import ONLY
from fanin.config.path import decoded_segment, pattern_of
from fanin.config.record import record
from fanin.config.sent_parameters import Parameters
from fanin.config.template import Values
from fanin.config.values import Json
from fanin.engine.aggregation import Aggregation, Settled
from fanin.engine.call import Call
from fanin.engine.caller import Caller, check_caller
from fanin.engine.choosing import Choosing
from fanin.engine.clock import steady
from fanin.engine.document import Asked, check_allowed
from fanin.engine.idempotency import idempotency_key, random_key
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock, Span
from fanin.engine.plan import NamedSources, Plan
from fanin.engine.refusals import bad_input, unknown_path, wrong_method

__all__ = ["Caller", "Catalogue", "ClientRequest"]

_EMPTY: Mapping[str, str] = MappingProxyType({})


@record
class ClientRequest:
    """What a client sends for an endpoint, whatever way it comes in.

    Args:
        parameters: by their names on the wire: all of them, as texts or values of JSON; or those of the path, beside a
            query.
        headers: names in lower case.
        body: the bytes.
        input: what the body says, from a way in that has it as JSON; `...` where it stands in `body`.
        query: keys and values of the query, in their order; None if all parameters are in `parameters`.
        checked: whether the way in has held the parameters to their declarations, as FastAPI does by its signatures.
    """

    parameters: Mapping[str, Json]
    headers: Mapping[str, str] = _EMPTY
    body: bytes = b""
    input: Json | EllipsisType = ...
    query: Sequence[tuple[str, str]] | None = None
    checked: bool = False

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of the header of that name (RFC 6265, section 5.4); of two of a name, the first."""
        found: dict[str, str] = {}
        if not (sent := self.headers.get("cookie")):
            return found
        for pair in sent.split(";"):
            name, equals, value = (part.strip() for part in pair.partition("="))
            if equals and name:
                quoted = len(value) > 1 and value[0] == value[-1] == '"'
                found.setdefault(name, value[1:-1] if quoted else value)
        return found


class Catalogue:
    """The endpoints and sources of a configuration, with their plans. Made once for a function.

    Args:
        config: what is served.
        clock: the clock of all deadlines.
        new_key: gives a text that no other request has: writes are known by it if the client sends no key of its own.
    """

    def __init__(self, config: Config, clock: Clock = steady, new_key: Callable[[], str] = random_key) -> None:
        self.config = config
        self.clock = clock
        self._new_key = new_key
        self.plans = {name: Plan.of(endpoint, config.sources) for name, endpoint in config.endpoints.items()}
        """The plan of each endpoint, by its name."""
        self._parameters = cache(lambda name: self._declared(config.endpoints[name]))
        self.plan_of = cache(lambda names: Plan.of(NamedSources(names), config.sources))
        """The plan of sources that a handler names, as a tuple."""
        self._paths = [(re.compile(pattern_of(endpoint.path)), endpoint) for endpoint in config.endpoints.values()]

    @staticmethod
    def _declared(endpoint: Endpoint) -> Parameters:
        return Parameters(endpoint.all_parameters, endpoint.path_parameters)

    def open_to(self, name: str) -> Endpoint:
        """Make an endpoint that only one of [callers] may ask for: it stands for a route that is not in fanin.toml.

        Raises:
            KeyError: there are no such callers.
        """
        endpoint = Endpoint(path=f"/{self.config.callers[name].name}", sources=("none",))
        endpoint.take_callers(name, self.config.callers)
        return endpoint

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
        """Give the first endpoint of fanin.toml that has a method and a path, and the parameters in the path.

        Args:
            method: the HTTP method; GET for HEAD.
            path: as `decoded_path` gives it, without what the way in puts before all of its paths.

        Raises:
            RequestError: no endpoint has the path, or none of those that have it takes the method.
        """
        allow: list[str] = []
        for pattern, endpoint in self._paths:
            if found := pattern.fullmatch(path):
                if endpoint.method == method:
                    return endpoint, {name: decoded_segment(text) for name, text in found.groupdict().items()}
                allow.append(endpoint.method)
        raise wrong_method(allow) if allow else unknown_path()

    def sent(self, endpoint: str, request: ClientRequest) -> Mapping[str, Json]:
        """Give the parameters of a request as they were sent, wherever that was, by their names on the wire."""
        if request.query is None:
            return request.parameters
        known = self._parameters(endpoint)
        cookies = request.cookies if known.some_are_cookies else _EMPTY
        return known.gathered(request.parameters, request.query, request.headers, cookies)

    def check(self, endpoint: str, sent: Mapping[str, Json]) -> dict[str, Json]:
        """Check the parameters of a request without beginning it.

        Args:
            endpoint: the endpoint's name.
            sent: texts or values of JSON, by their names on the wire. What is not declared is passed over.

        Returns:
            the values, of the declared types, by the same names, those with a default included.

        Raises:
            KeyError: there is no such endpoint.
            RequestError: a parameter is missing or wrong, or its value may not stand where a source puts it.
        """
        known = self._parameters(endpoint)
        checked = known.check(sent)
        self.plans[endpoint].check(known.meant(checked), self.config.endpoints[endpoint].sent_as)
        return checked

    def check_allowed(self, endpoint: str, sent: Mapping[str, Json], given: Json, caller: Caller | None) -> None:
        """Check who asks, and the endpoint's `allow`; the parameters and the input have been checked.

        Raises:
            RequestError: who asks is not one of its callers, or may not do this.
        """
        declared = self.config.endpoints[endpoint]
        check_caller(declared, caller)
        if declared.allow is not None:
            meant = self._parameters(endpoint).meant(sent)
            check_allowed(declared.allow, Asked(meant, given, dict(caller.claims) if caller else None))

    def check_input(self, endpoint: str, given: Json) -> Json:
        """Give an input back that the endpoint takes.

        Args:
            endpoint: the endpoint's name.
            given: the input; None without one.

        Raises:
            KeyError: there is no such endpoint.
            RequestError: it is missing, or not as the endpoint's schema says; or the endpoint takes none.
        """
        schema = self.config.endpoints[endpoint].input
        if schema is None:
            if given is not None:
                raise bad_input({"": "the endpoint takes no input"})
            return None
        from fanin.engine.client_input import checked  # noqa: PLC0415 - no part of the cold start

        return checked(schema, given)

    def input_of(self, endpoint: str, request: ClientRequest) -> Json:
        """Give the input of a request: what its way in has checked, or else its body, read and checked.

        Args:
            endpoint: the endpoint's name.
            request: what the client sends.

        Raises:
            KeyError: there is no such endpoint.
            RequestError: the body is not the input that the endpoint takes.
        """
        schema = self.config.endpoints[endpoint].input
        if schema is None:
            return None
        if request.input is not ...:
            return request.input
        from fanin.engine.client_input import read  # noqa: PLC0415 - no part of the cold start

        return read(schema, request.headers, request.body)

    def begin(  # noqa: PLR0913 - what one request is
        self,
        endpoint: str,
        request: ClientRequest,
        caller: Caller | None,
        invocation: Invocation,
        *,
        timeout: float | None = None,
        settled: Settled | None = None,
    ) -> Aggregation:
        """Begin a request for an endpoint. Its time runs from here.

        Args:
            endpoint: the endpoint's name.
            request: what the client sends.
            caller: who asks, as a way in made sure; None for everybody.
            invocation: bounds the request, and names the trace that it belongs to.
            timeout: seconds that it may take; the endpoint's own by default.
            settled: hears of each outcome, before the calls that waited for it are given out.

        Raises:
            KeyError: there is no such endpoint.
            RequestError: who asks is not one of its callers, or may not do this; a parameter is missing or wrong, or a
                value may not stand where a source puts it; or the body is not the input that the endpoint takes.
        """
        plan, declared = self.plans[endpoint], self.config.endpoints[endpoint]
        if declared.asked_by is not None:
            check_caller(declared, caller)
        parameters = request.parameters
        if not (request.checked and declared.plain):
            known, sent = self._parameters(endpoint), self.sent(endpoint, request)
            parameters = known.meant(sent if request.checked else known.check(sent))
        if plan.checked:
            plan.check(parameters, declared.sent_as)
        given = None if declared.input is None else self.input_of(endpoint, request)
        asked = Asked(parameters, given, dict(caller.claims) if caller else None)
        if declared.allow is not None:
            check_allowed(declared.allow, asked)
        unwanted: Sequence[str] = ()
        if declared.selectable and isinstance(only := parameters.get(ONLY), list):
            unwanted = plan.unwanted(map(str, only))
        seconds = declared.timeout if timeout is None else timeout
        deadline = min(invocation.deadline, self.clock() + seconds)
        return self._begun(plan, asked, request.headers, deadline, invocation, settled, caller, unwanted)

    def begin_sources(
        self,
        sources: tuple[str, ...],
        request: ClientRequest,
        invocation: Invocation,
        caller: Caller | None = None,
        *,
        settled: Settled | None = None,
    ) -> Aggregation:
        """Begin a read of sources, and of what they refer to, within the invocation's deadline.

        Args:
            sources: their names.
            request: the parameters that it refers to, of the types in which they are put in, and the client's headers.
            invocation: bounds the read, and names the trace that it belongs to.
            caller: who asks; None for everybody.
            settled: hears of each outcome, before the calls that waited for it are given out.

        Raises:
            KeyError: there is no such source.
            RequestError: a value may not stand where a source puts it.
        """
        plan = self.plan_of(sources)
        plan.check(request.parameters)
        asked = Asked(request.parameters, caller=dict(caller.claims) if caller else None)
        return self._begun(plan, asked, request.headers, invocation.deadline, invocation, settled, caller)

    def call(self, source: str, values: Values, deadline: float) -> Call:
        """Make the call of a source when all that it refers to is known, as a task in a queue knows it.

        Args:
            source: the source's name.
            values: what stands for its references.
            deadline: when the call must be over, in the clock's seconds.

        Raises:
            KeyError: there is no such source.
            ValueRefused: a value may not stand where the source puts it.
        """
        called = self.config.sources[source]
        return Call(called, called.request(values), deadline, Span(ready=self.clock()), values=values)

    def _begun(  # noqa: PLR0913, PLR0917 - what one request is
        self,
        plan: Plan,
        asked: Asked,
        headers: Mapping[str, str],
        deadline: float,
        invocation: Invocation,
        settled: Settled | None,
        caller: Caller | None,
        unwanted: Sequence[str] = (),
    ) -> Aggregation:
        aggregation = Choosing if plan.alternatives else Aggregation
        return aggregation(
            plan,
            asked,
            deadline,
            self.clock,
            plan.forwards(headers) if plan.forwarded else _EMPTY,
            trace_context=invocation.trace_context,
            settled=settled,
            unwanted=unwanted,
            idempotency_key=(_key_of(headers, caller) or self._new_key()) if plan.keyed else "",
        )


def _key_of(headers: Mapping[str, str], caller: Caller | None) -> str:
    """Give the client's idempotency key as no other caller can have it; empty without one."""
    key = idempotency_key(headers.get("idempotency-key"))
    return f"{key}\n{caller.identity}" if key and caller else key
