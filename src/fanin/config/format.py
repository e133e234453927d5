"""The format of fanin.toml, version 1, key by key."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from fanin.config.api import Api
from fanin.config.cors import Cors
from fanin.config.expressions import ERRORS
from fanin.config.expressions.keys import AllowExpression, PlanExpression
from fanin.config.headers import check_answer_headers
from fanin.config.jobs import Jobs
from fanin.config.kinds import ADatabase, AnUpstream, AnySource
from fanin.config.mistake import Mistake
from fanin.config.parameters import Items, Parameter, sent_as
from fanin.config.path import EndpointPath, Method, parameters_in, target_of
from fanin.config.schemas import Schema
from fanin.config.table import Name, NamedTable, ReadFrom, Table
from fanin.config.template import EachReference, HeaderTemplate, SecretReference
from fanin.config.texts import Header, Variable
from fanin.config.units import Duration
from fanin.config.values import Json

if TYPE_CHECKING:
    from fanin.config.callers import Callers
    from fanin.config.callers import Callers as AnyCallers
    from fanin.config.client_limit import ClientLimit
    from fanin.config.parts import Parts
else:
    ClientLimit = Annotated[Any, ReadFrom("fanin.config.client_limit", "ClientLimit")]
    AnyCallers = Annotated[Any, ReadFrom("fanin.config.callers", "Callers")]

GATEWAY_LIMIT = 29.0
"""Seconds: API Gateway waits 30 s for an answer, and ours must still travel."""
JOB_LIMIT = 870.0
"""Seconds: Lambda's 15 minutes, less what it takes to begin a job and to record what it came to."""
MAX_SOURCES = 256
"""Sources of one endpoint."""
ANYONE = "anyone"
"""What `caller` says of an endpoint that is open to everybody."""
_BODILESS = frozenset({204, 205, 206})
"""Statuses of answers without a body, or with a part of one."""


def _with_body(status: int) -> int:
    if status in _BODILESS:
        fix = "Write 200: the answer says what the sources came to"
        raise Mistake("bad-status", f"an answer with status {status} has no body, or a part of one", fix)
    return status


ONLY = "only"
"""The parameter by which clients select sources."""
TICKET = "ticket"
"""The key of a one-time ticket in the query of a request for server-sent events, or of a WebSocket's handshake."""
TICKETS = "/tickets"
"""Where callers get these, by POST."""


class Passthrough(Table):
    """An answer that is a source's, as it is."""

    source: Name
    """The source, whose format is bytes."""
    headers: tuple[str, ...] = ()
    """Headers of its answer to pass on, beside Content-Type."""

    @field_validator("headers")
    @classmethod
    def _names(cls, headers: tuple[str, ...]) -> tuple[str, ...]:
        check_answer_headers(headers)
        return headers


class Endpoint(NamedTable):
    """A method and a path that fanin serves, made of one or more sources."""

    method: Method = "GET"
    """The HTTP method; GET takes HEAD too."""
    path: EndpointPath
    """The path, such as "/trip/{city}"."""
    status: Annotated[int, Field(ge=200, le=299, strict=True), AfterValidator(_with_body)] = 200
    """The status of an answer that is no problem."""
    sources: tuple[Name, ...] = ()
    """The sources in the body, in this order; beside `pick` those that it mentions, unless others are listed."""
    required: tuple[Name, ...] = ()
    """Those without which there is no answer."""
    timeout: Duration = 10.0
    """Bounds the whole request."""
    job_timeout: Duration = 300.0
    """Bounds it where it is a job."""
    merge: Literal["nested", "flat"] = "nested"
    """nested: each source's value under its name; flat: the fields of all values in one object, the later winning."""
    pick: PlanExpression | None = None
    """JMESPath over what the request has so far: the body, in place of a merge of the sources' values."""
    parameters: dict[Name, Parameter] = Field(default_factory=dict)
    """Declarations; those that the path does not name are in the query, or where `in` says."""
    input: Schema | None = None
    """JSON Schema, inline or a path: what the client's JSON body has to be."""
    headers: dict[str, Header] = Field(default_factory=dict)
    """Headers of the answer; a value may hold references."""
    caller: Name | None = None
    """Who may ask: which of [callers], or "anyone"; by default, what stands at the top of the file."""
    allow: AllowExpression | None = None
    """JMESPath over `caller`, `parameters` and `input`: only `true` passes."""
    passthrough: Passthrough | None = None
    """A source whose bytes, status and Content-Type are the answer's."""
    client_limit: ClientLimit | None = None
    """How often one client may ask; without it as often as it likes."""
    selectable: Annotated[bool, Field(strict=True)] = False
    """Whether clients may ask for some of the sources: `?only=geo,weather`."""
    summary: str = ""
    """One line for the API's description."""

    @model_validator(mode="after")
    def _body_is_made_in_one_way(self) -> "Endpoint":
        if self.pick is not None and "merge" in self.model_fields_set:
            raise Mistake("bad-merge", "pick makes the body, so that nothing is merged", "Remove merge, or pick")
        if self.pick is not None and ERRORS in (self.pick.made_keys or ()):
            message = "the member errors of a body holds the problems of sources"
            raise Mistake("reserved-name", message, "Choose another name for it in pick")
        if "sources" not in self.model_fields_set:
            if self.pick is None:
                raise Mistake("missing-key", "nothing says what the body is made of", "Add sources, or pick")
            self.__dict__["sources"] = tuple(sorted(self.pick.waits_for))  # as `take_name` does
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """The sources that are listed, and those that `pick` mentions beside them."""
        mentioned = sorted(self.pick.waits_for) if self.pick else ()
        return tuple(dict.fromkeys((*self.sources, *mentioned)))

    @model_validator(mode="after")
    def _input_has_a_body(self) -> "Endpoint":
        if self.input is not None and self.method in ("GET", "DELETE"):
            raise Mistake("bad-body", f"a {self.method} has no body", 'Add method = "POST", or remove input')
        return self

    @field_validator("headers")
    @classmethod
    def _header_names(cls, headers: dict[str, HeaderTemplate]) -> dict[str, HeaderTemplate]:
        check_answer_headers(headers)
        for name, header in headers.items():
            if any(isinstance(each, SecretReference | EachReference) for each in header.template.references):
                message = f"{name} refers to a secret, or to an item of a list"
                raise Mistake("bad-header", message, "Refer to parameters, fields, the input or the caller")
        return headers

    @model_validator(mode="after")
    def _passes_one_source_through(self) -> "Endpoint":
        if self.passthrough is None:
            return self
        if both := self.model_fields_set & {"merge", "pick", "status", "selectable"}:
            message = f"{min(both)} has no meaning beside passthrough"
            raise Mistake("bad-passthrough", message, f"Remove {min(both)}, or passthrough")
        if self.sources != (self.passthrough.source,):
            name = self.passthrough.source
            message = "the answer is that of one source"
            raise Mistake("bad-passthrough", message, f'Write sources = ["{name}"]')
        return self

    @model_validator(mode="after")
    def _selects_by_its_own_parameter(self) -> "Endpoint":
        if self.selectable and ONLY in (self.parameters.keys() | set(self.path_parameters)):
            raise Mistake("bad-parameter", f"clients select by {ONLY!r}", "Choose another name, or remove selectable")
        return self

    @cached_property
    def asked_by(self) -> "Callers | None":
        """Who may ask; None if anyone may."""
        return None

    @cached_property
    def is_open(self) -> bool:
        """Whether anyone may ask, as far as the file says."""
        return True

    def take_callers(self, name: str, callers: "Mapping[str, Callers]") -> None:
        """Take who may ask, once, when the file around it is read.

        Args:
            name: as `caller` has it, or the default at the top of the file.
            callers: those without a mistake of their own.
        """
        self.__dict__.update(is_open=name == ANYONE, asked_by=callers.get(name))

    @cached_property
    def keepable(self) -> bool:
        """Whether the answer may be kept by whom it is given to: HTTP keeps that of a GET."""
        return (self.method, self.status) == ("GET", 200)

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """The names in the path, in their order."""
        return parameters_in(self.path)

    @cached_property
    def sent_as(self) -> dict[str, str]:
        """The name on the wire of each parameter, by its own."""
        return sent_as(self.all_parameters)

    @cached_property
    def plain(self) -> bool:
        """Whether FastAPI may read its parameters: as every other way in does, and before anybody is let in."""
        early = self.is_open and self.client_limit is None
        return early and all(parameter.plain for parameter in self.all_parameters.values())

    @property
    def may_refuse_too_many(self) -> bool:
        """Whether it has a `client_limit`, or callers whose keys may have limits of their own."""
        return self.client_limit is not None or (self.asked_by is not None and self.asked_by.kind == "keys")

    @cached_property
    def varies(self) -> tuple[str, ...]:
        """The client's headers in which it takes parameters, and that which says who asks."""
        headers = [self.sent_as[name] for name, p in self.all_parameters.items() if p.in_ == "header"]
        who = [self.asked_by.table.reads] if self.asked_by else []
        return (*who, *headers, *(["Cookie"] if any(p.in_ == "cookie" for p in self.all_parameters.values()) else []))

    def target(self, parameters: Mapping[str, Json]) -> str:
        """Write the path and query of a request, percent-encoded.

        Args:
            parameters: the request's, checked, by their names on the wire; those in headers and cookies are left out.
        """
        segments, query = dict[str, str](), list[tuple[str, str]]()
        for name, parameter in self.all_parameters.items():
            wire = self.sent_as[name]
            texts = parameter.texts(parameters.get(wire))
            if name in self.path_parameters:
                segments[name] = "".join(texts)
            elif parameter.in_ == "query":
                query += [(wire, text) for text in texts]
        return target_of(self.path, segments, query)

    @property
    def all_parameters(self) -> dict[str, Parameter]:
        """Every parameter by its name, those of the path first, undeclared ones as texts."""
        selecting = {ONLY: _selecting(self.sources)} if self.selectable else {}
        in_path = {name: self.parameters.get(name, Parameter()) for name in self.path_parameters}
        return in_path | self.parameters | selecting


def _selecting(sources: tuple[str, ...]) -> Parameter:
    """Make the parameter by which clients select sources."""
    about = "The sources to ask, of those in the answer; the others are null. Without it, all."
    names = Items(enum=list(sources)) if sources else None
    return Parameter(type="list", separator=",", max_items=MAX_SOURCES, items=names, optional=True, description=about)


class Config(Table):
    """fanin.toml as a whole."""

    fanin: Literal[1]
    """The version of this format."""
    include: tuple[str, ...] = ()
    """Globs of TOML files whose tables are added to these."""
    caller: Name | None = None
    """Who may ask for the endpoints that do not say it: which of [callers], or "anyone"."""
    variables: dict[Name, Variable] = Field(default_factory=dict)
    """Texts for `{$name}`; `FANIN_VAR_NAME` in the environment goes before."""
    callers: dict[Name, AnyCallers] = Field(default_factory=dict)
    """Who may ask, by name."""
    upstreams: dict[Name, AnUpstream] = Field(default_factory=dict)
    """What sources of one API have in common, by name."""
    databases: dict[Name, ADatabase] = Field(default_factory=dict)
    """Databases that sources with `sql` read, by name."""
    sources: dict[Name, AnySource]
    """What fanin reads from, by name."""
    endpoints: dict[Name, Endpoint]
    """What fanin serves, by name."""
    jobs: Jobs = Field(default_factory=Jobs)
    """What jobs may do."""
    api: Api = Field(default_factory=Api)
    """What the API's description says of it as a whole."""
    cors: Cors | None = None
    """Which pages on other origins may ask; without it none, and no answer speaks of them."""

    _unused_variables: tuple[str, ...] = PrivateAttr(default=())
    _parts: "Parts | None" = None

    @property
    def unused_variables(self) -> tuple[str, ...]:
        """The variables that no text refers to."""
        return self._unused_variables

    @property
    def parts(self) -> "Parts | None":
        """The files that it was read from; None for one."""
        return self._parts

    def take_parts(self, parts: "Parts") -> None:
        """Take the files, once, when they are read."""
        self._parts = parts

    def take_unused(self, names: Iterable[str]) -> None:
        """Take the names of the variables that no text refers to, once, when the file is read."""
        self._unused_variables = tuple(names)

    @model_validator(mode="after")
    def _name_tables(self) -> "Config":
        for tables in (self.callers, self.upstreams, self.databases, self.sources, self.endpoints):
            for name, table in tables.items():
                table.take_name(name)
        for endpoint in self.endpoints.values():
            if who := endpoint.caller or self.caller:
                endpoint.take_callers(who, self.callers)
        return self
