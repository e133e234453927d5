"""The format of fanin.toml, version 1, key by key."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from jmespath.parser import ParsedResult
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from fanin.config import template
from fanin.config.auth import Auth
from fanin.config.headers import TRACE_HEADERS, check_header_names
from fanin.config.jobs import Jobs
from fanin.config.mistake import Mistake, quoted
from fanin.config.parameters import Parameter
from fanin.config.path import EndpointPath, parameters_in
from fanin.config.pick import compile_pick, makes_numbers
from fanin.config.policies import Cache, CircuitBreaker, Fallback, Hedge, RateLimit, Retry
from fanin.config.texts import Body, Header, Url
from fanin.config.units import Duration, Size

GATEWAY_LIMIT = 29.0
"""Seconds: API Gateway waits 30 s for an answer, and ours must still travel."""
JOB_LIMIT = 870.0
"""Seconds: Lambda's 15 minutes, less what it takes to begin a job and to record what it came to."""
REFRESH_LEAST = 60.0
"""Seconds between two refreshes at least."""
MAX_SOURCES = 256
"""Sources of one endpoint."""

_NAME = r"^[a-z][a-z0-9_]*$"
_NOT_FORWARDED = frozenset(
    {"content-type", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"}
)
"""What is about our own answer or the request's body, and would make a source's answer something else."""
_DROP_STEP = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*(?:\[\])?")


def _drop(path: str) -> str:
    if not all(_DROP_STEP.fullmatch(step) for step in path.split(".")):
        fix = 'Write names with dots, [] behind one for each item of a list: "days[].note"'
        raise Mistake("bad-drop", f"{quoted(path)} is no path into a value", fix)
    return path


Name = Annotated[str, StringConstraints(pattern=_NAME)]
Pick = Annotated[ParsedResult, BeforeValidator(compile_pick), WithJsonSchema({"type": "string", "minLength": 1})]
DropPath = Annotated[str, AfterValidator(_drop)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class _NamedTable(_Table):
    @cached_property
    def name(self) -> str:
        """The name that it has in the file; empty outside one."""
        return ""

    def take_name(self, name: str) -> None:
        """Take the name, once, when the file around it is read."""
        self.__dict__["name"] = name  # where a cached property looks first; pydantic's own ways in cost a microsecond


class Source(_NamedTable):
    """Something fanin reads from: an HTTP API that answers with JSON."""

    url: Url
    """Where it is; references are percent-encoded for their place."""
    method: Literal["GET", "POST"] = "GET"
    """GET, or POST for an API that is asked that way."""
    headers: dict[str, Header] = {}
    """Headers to send; a value may hold references."""
    body: Body | None = None
    """JSON to send with a POST; a text may hold references."""
    auth: Auth | None = None
    """How the API knows who asks."""
    timeout: Duration | None = None
    """Bounds a call, every attempt and wait included; without it the endpoint's timeout does."""
    attempt_timeout: Duration | None = None
    """Bounds one attempt: name resolution, connection, headers and body."""
    idempotency_key: Annotated[bool, Field(strict=True)] = False
    """Whether each POST has an `Idempotency-Key`, the same for all attempts of a call, so that it may be repeated."""
    circuit_breaker: CircuitBreaker | None = None
    """A source that fails too often is left alone for a while."""
    retry: Retry | None = None
    """Another attempt where the one before failed."""
    hedge: Hedge | None = None
    """A second attempt beside one that is slow."""
    rate_limit: RateLimit | None = None
    """No more attempts than the source allows."""
    fallback: Fallback | None = None
    """Static data to answer with where the source fails; marked, and never complete."""
    max_bytes: Size = 2_000_000
    """The most that an answer may have, after decompression."""
    redirects: Annotated[int, Field(ge=0, le=5, strict=True)] = 0
    """How many redirects of a GET are followed, each checked as the URL is."""
    private: Annotated[bool, Field(strict=True)] = False
    """Whether it may have an address that is not public, where the environment allows that address."""
    forward: tuple[str, ...] = ()
    """Headers of the client that are handed on; no client is given an answer that was another's."""
    cache: Cache | None = None
    """For how long its answers are kept; without it, not at all."""
    refresh: Duration | None = None
    """How often what was asked for in the last day is asked again, before anyone does, so that its cache is warm."""
    trace_context: Annotated[bool, Field(strict=True)] = False
    """Whether it is told the trace that a request belongs to (W3C Trace Context)."""
    pick: Pick | None = None
    """JMESPath: what of the answer is the source's value; null is `NotFound`."""
    drop: tuple[DropPath, ...] = ()
    """Paths to take out of the value, after `pick`."""

    @field_validator("headers")
    @classmethod
    def _header_names(cls, headers: dict[str, Header]) -> dict[str, Header]:
        check_header_names(headers)
        return headers

    @field_validator("forward")
    @classmethod
    def _forwarded_names(cls, forward: tuple[str, ...]) -> tuple[str, ...]:
        check_header_names(forward)
        if wrong := [name for name in forward if name.lower() in _NOT_FORWARDED]:
            raise Mistake("bad-header", f"{wrong[0]} is about fanin's own answer, or a body", "Remove it")
        return forward

    @model_validator(mode="after")
    def _refreshes_what_is_cached(self) -> "Source":
        if self.refresh is None:
            return self
        if self.cache is None:
            raise Mistake("bad-refresh", "there is no cache to keep warm", 'Add cache = { fresh = "10m" }')
        if self.refresh < REFRESH_LEAST:
            message = "the rule that looks for what is due comes once a minute"
            raise Mistake("bad-refresh", message, 'Write "1m" or longer')
        if self.forward:
            raise Mistake("bad-refresh", "without a client there is no header to hand on", "Remove refresh, or forward")
        return self

    @model_validator(mode="after")
    def _forwards_no_own_header(self) -> "Source":
        if both := {name.lower() for name in self.forward} & {name.lower() for name in self.headers}:
            raise Mistake("bad-header", f"{min(both)} is among headers and forward", "Keep it in one of them")
        return self

    @model_validator(mode="after")
    def _body_needs_post(self) -> "Source":
        if self.body is not None and self.method == "GET":
            raise Mistake("bad-body", "a GET has no body", 'Add method = "POST", or remove the body')
        return self

    @model_validator(mode="after")
    def _redirects_need_get(self) -> "Source":
        if self.redirects and self.method != "GET":
            raise Mistake("bad-redirects", "only a GET is followed", 'Remove redirects, or method = "POST"')
        return self

    @model_validator(mode="after")
    def _a_key_for_what_is_repeated(self) -> "Source":
        if self.idempotency_key and self.method == "GET":
            raise Mistake("bad-idempotency-key", "a GET may be repeated without a key", "Remove idempotency_key")
        if self.idempotency_key and any(name.lower() == "idempotency-key" for name in self.headers):
            raise Mistake("bad-idempotency-key", "the key stands in headers too", "Keep one of them")
        if self.method == "POST" and (self.retry or self.hedge) and not self.idempotency_key:
            fix = "Add idempotency_key = true if the API knows Idempotency-Key, or if repeating does no harm"
            raise Mistake("bad-repeat", "a POST may do twice what it does", fix)
        return self

    @model_validator(mode="after")
    def _trace_context_has_its_headers(self) -> "Source":
        if self.trace_context and (taken := TRACE_HEADERS & {name.lower() for name in self.headers}):
            fix = "Remove it, or trace_context"
            raise Mistake("bad-header", f"{min(taken)} is set by trace_context", fix)
        return self

    @model_validator(mode="after")
    def _auth_stands_alone(self) -> "Source":
        sets = (self.auth.header_name if self.auth else None) or ""
        if sets.lower() in {name.lower() for name in (*self.headers, *self.forward)}:
            raise Mistake("bad-auth", f"{sets} is among headers or forward too", "Keep one of them")
        if self.auth and self.auth.sigv4 and self.redirects:
            message = "a signature is good for one URL, and redirects lead to others"
            raise Mistake("bad-auth", message, "Remove redirects, and write the URL that they lead to")
        return self

    @cached_property
    def asks_as(self) -> str:
        """What of its definition can change an answer and is in no request: no secret, but their names."""
        return f"{self.redirects} {self.private} {self.auth!r}"

    @cached_property
    def sealed(self) -> frozenset[template.Secret]:
        """The secrets that URL, headers and body refer to."""
        return frozenset(reference for reference in self.references if isinstance(reference, template.Secret))

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The names of all secrets that a call needs."""
        return frozenset((*(secret.name for secret in self.sealed), *(self.auth.secrets if self.auth else ())))

    @cached_property
    def pick_makes_numbers(self) -> bool:
        """Whether `pick` can come to a number that the answer does not have."""
        return self.pick is not None and makes_numbers(self.pick)

    @property
    def references(self) -> Iterator[template.Reference]:
        """Every reference of the URL, the headers and the body."""
        yield from self.url.references
        for header in self.headers.values():
            yield from header.template.references
        if self.body:
            yield from self.body.references


class Endpoint(_NamedTable):
    """A path that fanin serves, made of one or more sources."""

    path: EndpointPath
    """The path, such as "/trip/{city}"."""
    sources: tuple[Name, ...]
    """The sources in the body, in this order."""
    required: tuple[Name, ...] = ()
    """Those without which there is no answer."""
    timeout: Duration = 10.0
    """Bounds the whole request."""
    job_timeout: Duration = 300.0
    """Bounds it where it is a job."""
    merge: Literal["nested", "flat"] = "nested"
    """nested: each source's value under its name; flat: the fields of all values in one object, the later winning."""
    parameters: dict[Name, Parameter] = {}
    """Declarations; those that the path does not name are query parameters."""
    summary: str = ""
    """One line for the API's description."""

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """The names in the path, in their order."""
        return parameters_in(self.path)

    @property
    def all_parameters(self) -> dict[str, Parameter]:
        """Every parameter by its name, those of the path first, undeclared ones as texts."""
        return {name: self.parameters.get(name, Parameter()) for name in self.path_parameters} | self.parameters


class Config(_Table):
    """fanin.toml as a whole."""

    fanin: Literal[1]
    """The version of this format."""
    variables: dict[Name, str] = {}
    """Texts for `{$name}`; `FANIN_VAR_NAME` in the environment goes before."""
    sources: dict[Name, Source]
    """What fanin reads from, by name."""
    endpoints: dict[Name, Endpoint]
    """What fanin serves, by name."""
    jobs: Jobs = Field(default_factory=Jobs)
    """What jobs may do."""

    @model_validator(mode="after")
    def _name_tables(self) -> "Config":
        for tables in (self.sources, self.endpoints):
            for name, table in tables.items():
                table.take_name(name)
        return self
