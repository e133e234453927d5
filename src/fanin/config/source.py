"""What every kind of source may have in fanin.toml: how it is called, and what of its answer is its value.

A kind of source (config/kinds/) adds the keys that say what it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from fanin.config import template
from fanin.config.answering import GIVES, Answering
from fanin.config.expressions.keys import Condition
from fanin.config.headers import check_header_names
from fanin.config.items import Listing
from fanin.config.login import Login
from fanin.config.mistake import Mistake, quoted
from fanin.config.request import Request
from fanin.config.table import Name, NamedTable, ReadFrom
from fanin.config.units import Duration, Size
from fanin.config.values import Json

if TYPE_CHECKING:
    from fanin.config.auth import Auth
    from fanin.config.expressions import Expression
    from fanin.config.policies import Cache, CircuitBreaker, Fallback, Hedge, RateLimit, Retry
    from fanin.config.tls import Tls
else:
    Auth = Annotated[Any, ReadFrom("fanin.config.auth", "Auth")]
    Tls = Annotated[Any, ReadFrom("fanin.config.tls", "Tls")]
    Cache, CircuitBreaker, Fallback, Hedge, RateLimit, Retry = (
        Annotated[Any, ReadFrom("fanin.config.policies", policy)]
        for policy in ("Cache", "CircuitBreaker", "Fallback", "Hedge", "RateLimit", "Retry")
    )

REFRESH_LEAST = 60.0
"""Seconds between two refreshes at least."""

_NOT_FORWARDED = frozenset(
    {"content-type", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"}
)
"""What is about our own answer or the request's body, and would make a source's answer something else."""
_OF_A_USER = frozenset({"authorization", "cookie"})
"""Headers by which an API knows a user."""


class Source(NamedTable, Answering, Listing):
    """Something fanin reads from, of any kind."""

    kind: ClassVar[str] = ""
    """The key that says that a source is of this kind."""
    makes_calls: ClassVar[bool] = True
    """Whether reading it makes a call, which takes time and may fail."""

    auth: Auth | None = None
    """How the API knows who asks."""
    tls: Tls | None = None
    """Whose certificates are trusted, and the certificate that fanin shows; without it those that browsers trust."""
    timeout: Duration | None = None
    """Bounds a call, every attempt and wait included; without it the endpoint's timeout does."""
    attempt_timeout: Duration | None = None
    """Bounds one attempt: name resolution, connection, headers and body."""
    idempotency_key: Annotated[bool, Field(strict=True)] = False
    """Whether each write has an `Idempotency-Key`, the same for all attempts of a call, so that it may be repeated."""
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
    invalidates: tuple[Name, ...] = ()
    """Of a write: the sources whose kept answers it makes invalid, for its references."""
    writes: Annotated[bool, Field(strict=True)] = False
    """Whether a call changes something: it is then never kept, merged or begun in vain. By default what the method
    says: all but GET, HEAD and a GraphQL query do."""
    when: Condition | None = None
    """JMESPath over what the request has so far: whether the source is asked. If not, its value is null."""
    after: tuple[Name, ...] = ()
    """Sources that it waits for without reading their values."""

    @field_validator("forward")
    @classmethod
    def _forwarded_names(cls, forward: tuple[str, ...]) -> tuple[str, ...]:
        if "*" in forward:
            fix = 'Name each header: forward = ["Accept-Language"]'
            raise Mistake("bad-header", "'*' stands for no headers: only those that are named are handed on", fix, "*")
        check_header_names(forward)
        if wrong := [name for name in forward if name.lower() in _NOT_FORWARDED]:
            raise Mistake("bad-header", f"{wrong[0]} is about fanin's own answer, or a body", "Remove it")
        return forward

    @model_validator(mode="after")
    def _expects_what_its_format_gives(self) -> "Source":
        gives = GIVES.get(self.format)
        if not gives or self.expect is None or self.pick or self.pick_response or self.pages or self.batch:
            return self  # of a batch, each row is held to it
        document = self.expect.document
        expected = document.get("type", gives) if isinstance(document, dict) else gives
        if gives != expected and not (isinstance(expected, list) and gives in expected):
            message = f"{quoted(self.format)} gives a value of the type {gives}, which expect refuses"
            fix = f'Write expect = {{ type = "{gives}" }}, or pick what of the answer the value is'
            raise Mistake("bad-expect", message, fix, "expect")
        return self

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
        for reference in self.references:
            if isinstance(reference, template.InputReference | template.CallerReference):
                message = f"without a client there is no value for {reference}"
                raise Mistake("bad-refresh", message, "Remove refresh, or the reference")
        return self

    @cached_property
    def asks_as(self) -> str:
        """What of its definition can change an answer and is in no request: no secret, but their names."""
        told = f"{self.redirects} {self.private} {self.format} {self.auth!r}"
        told += f" {self.tls!r}" if self.tls else ""
        judged = self.judged_by
        if self.pages is not None and self.pages.limit is not None:  # the pages that are kept have so many items
            judged += [each and each.text for each in (self.pick, self.pick_response)]
        return f"{told} {judged!r}" if judged else told

    @cached_property
    def sealed(self) -> frozenset[template.SecretReference]:
        """The secrets that its request refers to."""
        return frozenset(reference for reference in self.references if isinstance(reference, template.SecretReference))

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The names of all secrets that a call needs."""
        of_tables = (name for table in (self.auth, self.tls) if table for name in table.secrets)
        return frozenset((*(secret.name for secret in self.sealed), *of_tables))

    @cached_property
    def asks_as_client(self) -> bool:
        """Whether the client's credentials are all that a call may have: a 401 is then the client's."""
        return not self.auth and not self.sealed and not _OF_A_USER.isdisjoint(map(str.lower, self.forward))

    @cached_property
    def is_graphql(self) -> bool:
        """Whether its answers are GraphQL's, whose `data` holds the value."""
        return False

    @cached_property
    def answers_without_body(self) -> bool:
        """Whether its answers have no body, whatever their status; the value is then null."""
        return False

    @property
    def items_of_client(self) -> bool:
        """Whether the items that it is asked for are the client's, as its `for_each` reads nothing else."""
        return self.for_each is not None and self.for_each.of_client

    @property
    def asks_by(self) -> str:
        """What requests get in the last step, in words: the kind of `auth`, secrets that are referred to, and `tls`."""
        by = [name for name, value in self.auth if value is not None] if self.auth else []
        by += ["iam"] if self.login else []
        by += ["secrets"] if self.sealed else []
        return " and ".join([*by, self.tls.words] if self.tls else by)

    @property
    def login(self) -> Login | None:
        """Who fanin is at a database that takes a token of AWS for a password; None of any other source."""
        return None

    @property
    def takes(self) -> float | None:
        """The seconds that reading it takes at most; None if only the endpoint's timeout bounds it."""
        return self.timeout

    @classmethod
    def accepted(cls) -> frozenset[str]:
        """The keys of fanin.toml that a source of this kind may have."""
        return frozenset(cls.model_fields)

    @cached_property
    def constant(self) -> Request | None:
        """What it asks every time, made once; None if that is not known."""
        return None

    @property
    def references(self) -> Iterator[template.Reference]:
        """Every reference, key by key."""
        return (reference for _, references in self.references_by_key for reference in references)

    @property
    def references_by_key(self) -> Iterator[tuple[tuple[str, ...], Iterable[template.Reference]]]:
        """The references in each key of the source, the key as a path; a kind adds those of its own keys."""
        if isinstance(self.limit, template.ParameterReference):
            yield ("limit",), (self.limit,)

    @property
    def texts_by_key(self) -> Iterator[tuple[tuple[str, ...], template.Template]]:
        """The texts with references in each key of the source, the key as a path; URLs in parts, as they are read."""
        return iter(())

    @property
    def expressions_by_key(self) -> "Iterator[tuple[tuple[str, ...], Expression]]":
        """The expressions over what a request has so far, each with its key as a path; kinds add their own."""
        if self.when is not None:
            yield ("when",), self.when
        if self.for_each is not None:
            yield ("for_each",), self.for_each

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The sources that are asked in its place, in their order; none for one that is asked itself."""
        return ()

    @property
    def asks_beside(self) -> float | None:
        """After how many seconds the next of them is asked beside one that has not answered; None for never."""
        return None

    @property
    def added_levels(self) -> int:
        """The levels at most that its value has more than an answer, or than the values that it is made of."""
        around = 0 if self.for_each is None else 1 if self.join_as is None else 2
        return around + (self.pick.added_levels if self.pick else 0)

    @property
    def drawn(self) -> str:
        """How `fanin explain` and `fanin call` draw it: what is asked, in a few words."""
        raise NotImplementedError

    @property
    def origins_by_key(self) -> Mapping[str, str]:
        """Where its calls go: scheme, host and port, by the key that says so."""
        return {}

    @cached_property
    def reaches(self) -> frozenset[str] | None:
        """The origins that a URL from a value, or a redirect, may lead to; None for any."""
        return None

    @cached_property
    def inherited(self) -> frozenset[str]:
        """The keys whose value is its upstream's."""
        return frozenset()

    def shares(self, key: str) -> str:  # noqa: ARG002 - for kinds that have upstreams
        """Give the name of the upstream whose sources share what a policy counts; empty where it is its own."""
        return ""

    @property
    def computes(self) -> "Expression | None":
        """The expression over what the request has so far that gives its value without a call; else None."""
        return None

    @property
    def static(self) -> Json:
        """Its value, if it is known without a call; else None."""
        return None

    @property
    def checked_references(self) -> Iterable[template.Reference]:
        """The references of which `check_parameters` may refuse a value."""
        return self.references

    def check_parameters(self, values: template.Values) -> None:
        """Refuse parameters' values that its request could not have, before any call is made.

        Raises:
            RefusedValue: a value may not stand where a reference puts it.
        """
        raise NotImplementedError

    def request(self, values: template.Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:
        """Make the request that reads it.

        It has references in place of secrets, as they are written; `Request.open` puts the values there.

        Args:
            values: what stands for its references to parameters and to other sources' fields.
            forwarded: the client's headers that are handed on.

        Raises:
            ValueRefused: a value may not stand where a reference puts it.
        """
        raise NotImplementedError

    def identity(self, request: Request) -> list[Any]:
        """Give what can change the answer to a request, as JSON: what the cache key is made of, beside the name."""
        raise NotImplementedError
