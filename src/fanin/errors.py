"""The errors that fanin raises, as one tree.

FaninError
├── ConfigError             fanin.toml cannot be served; in `fanin.config.finding`
├── RequestError            the client's request is refused
└── SourceError             a call came to nothing
    ├── CallRefused         fanin itself did not make it
    │   ├── DependencyFailed    a source that it refers to failed
    │   ├── ValueRefused        a value may not stand where a reference puts it
    │   │   └── ClientValueRefused  and it is the client's
    │   ├── CallerNotAllowed    who asks lacks a claim that it needs
    │   ├── AddressRefused      the address is not public and not on the allow-list
    │   ├── CircuitOpen         it has failed too often, and is left alone for a while
    │   ├── RateLimited         it is not asked so often, and the call's turn would come too late
    │   └── SecretUnavailable   a secret that it needs is missing
    ├── NotFound            the source has no such thing
    ├── SourceTimeout       no whole answer in time
    ├── SourceUnavailable   no answer, or one that says: later
    ├── SourceRejected      the source refused the call
    ├── SourceUndecodable   the answer is not what it says it is
    ├── SourceTooLarge      the answer is over the source's cap
    └── ItemsFailed         some items of a list failed, or all of them in several ways

The errors of stores are in `fanin.stores.errors`, and those of AWS's services in `fanin.aws.errors`. Errors of
lower layers (httpx, requests, ssl, socket) are translated where they are caught, in `fanin.sources`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

MOST_FAILED_ITEMS = 20
"""Items of a list that its problem names."""


class FaninError(Exception):
    """What all errors of fanin are."""


class RequestError(FaninError):
    """The client's request is refused.

    Args:
        status: the HTTP status of the answer.
        problem: the last segment of the problem's type, such as `bad-parameter`.
        title: the problem's title, the same for each of its type.
        detail: what is wrong with this request.
        parameters: for a bad parameter, each one's name and what is wrong with it.
        violations: for a bad input, each JSON pointer into it and what is wrong there.
        headers: what the answer's headers say beside: of a wrong method, those that would do.
    """

    def __init__(  # noqa: PLR0913 - a problem's members
        self,
        status: int,
        problem: str,
        title: str,
        detail: str,
        *,
        parameters: Sequence[tuple[str, str]] = (),
        violations: Mapping[str, str] = MappingProxyType({}),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.problem = problem
        self.title = title
        self.detail = detail
        self.parameters = tuple(parameters)
        self.violations = violations
        self.headers = tuple(headers)


def bad_parameters(parameters: Sequence[tuple[str, str]]) -> RequestError:
    """Refuse parameters, given as pairs of a name and what is wrong with it."""
    detail = "; ".join(f"{name}: {message}" for name, message in parameters)
    return RequestError(422, "bad-parameter", "Bad parameter", detail, parameters=parameters)


@dataclass(frozen=True, slots=True)
class FailedItems:
    """Which items of a source with `for_each` failed.

    Args:
        count: how many.
        first: the first of them, each with its place in the list.
    """

    count: int
    first: tuple[tuple[int, "SourceError"], ...]

    @classmethod
    def of(cls, errors: Mapping[int, "SourceError"]) -> "FailedItems":
        """Keep those that are told.

        Args:
            errors: of each item that failed, by its place in the list.
        """
        return cls(len(errors), tuple((place, errors[place]) for place in sorted(errors)[:MOST_FAILED_ITEMS]))


class SourceError(FaninError):
    """A call came to nothing.

    Args:
        source: the source's name.
        detail: what happened, fit for a client's eyes: no secret, no internal address.
        attempts: how many requests to the source were made; 0 where none was.

    Attributes:
        reason: what lay beneath, for the log: the names of the exceptions that led to it.
        retry_after: the seconds for which the source asks not to be called; None where it does not.
        headers: those of the source's response, names in lower case; none where it has not answered.
        status: the status of its problem: that of its kind, or of an answer that is passed on.
        passed: whether the source's answer is passed on to the client, if it decides the client's.
        members: what clients are told of the source's own words, as members of the problem.
        items: the items that failed; None of a source without `for_each`.
    """

    problem: ClassVar[str]
    title: ClassVar[str]
    status: int
    retryable: ClassVar[bool] = False
    """Whether another attempt may come to something."""
    unhealthy: ClassVar[bool] = False
    """Whether it speaks against the source's health, rather than being an answer."""

    def __init__(self, source: str, detail: str, *, attempts: int = 1) -> None:
        super().__init__(detail)
        self.source = source
        self.detail = detail
        self.attempts = attempts
        self.reason = ""
        self.retry_after: float | None = None
        self.headers: Mapping[str, str] = {}
        self.passed = False
        self.members: Mapping[str, Any] = {}
        self.items: FailedItems | None = None

    def settled(self) -> "SourceError":
        """Keep the reason, and let go of causes and tracebacks, whose frames hold buffers, and the errors again."""
        names = []
        cause = self.__cause__ or self.__context__
        while cause is not None:
            names.append(type(cause).__name__)
            cause.__traceback__ = None
            cause = cause.__cause__ or cause.__context__
        self.reason = self.reason or " from ".join(names)
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)

    def again(self) -> "SourceError":
        """Give an error that says the same, for another call that comes to the same."""
        other = type(self).__new__(type(self), *self.args)
        other.__dict__.update(self.__dict__)
        return other

    @property
    def root(self) -> "SourceError":
        """The failure that this one follows from: itself, unless a dependency failed."""
        return self


class CallRefused(SourceError):
    """fanin itself did not make the call, or the attempt: nothing of it reached the source, nor speaks against it."""

    def __init__(self, source: str, detail: str, *, attempts: int = 0) -> None:
        super().__init__(source, detail, attempts=attempts)


class DependencyFailed(CallRefused):
    """A source that this one refers to failed, so no call was made."""

    problem = "dependency-failed"
    title = "Dependency failed"
    status = 424

    def __init__(self, source: str, cause: SourceError, detail: str = "") -> None:
        super().__init__(source, detail or f"{source} needs {cause.source}, which failed")
        self.cause = cause

    @property
    def root(self) -> SourceError:
        """The failure at the start of the chain."""
        return self.cause.root


class ValueRefused(CallRefused):
    """A value may not stand where a reference puts it, so no call was made."""

    problem = "value-refused"
    title = "Value refused"
    status = 502


class ClientValueRefused(ValueRefused):
    """A value of the client's may not stand there: a parameter, or a part of its input. The request is to blame."""

    status = 422


def value_refused(source: str, detail: str, *, of_client: bool) -> ValueRefused:
    """Make the error of a value that may not stand somewhere, or that an expression cannot take.

    Args:
        source: the source's name.
        detail: what is wrong with it.
        of_client: whether it is the client's, and nothing else.
    """
    return (ClientValueRefused if of_client else ValueRefused)(source, detail)


class CallerNotAllowed(CallRefused):
    """Who asks lacks a claim that the call needs, or has one that may not stand there, so no call was made."""

    problem = "not-allowed"
    title = "Not allowed"
    status = 403


class AddressRefused(CallRefused):
    """The source's address is not public, and not on the environment's allow-list."""

    problem = "address-refused"
    title = "Address refused"
    status = 502


class CircuitOpen(CallRefused):
    """The source has failed too often, and is left alone for a while."""

    problem = "circuit-open"
    title = "Circuit open"
    status = 503


class RateLimited(CallRefused):
    """The source is not asked so often, and the turn of this call would have come too late."""

    problem = "rate-limited"
    title = "Rate limited"
    status = 503


class SecretUnavailable(CallRefused):
    """A secret that the call needs, or a token that secrets are traded for, is missing."""

    problem = "secret-unavailable"
    title = "Secret unavailable"
    status = 502


class NotFound(SourceError):
    """The source has no such thing."""

    problem = "not-found"
    title = "Not found"
    status = 404


class SourceTimeout(SourceError):
    """No whole answer in time."""

    problem = "source-timeout"
    title = "Source timed out"
    status = 504
    retryable = True
    unhealthy = True


class SourceUnavailable(SourceError):
    """No answer (name, connection, TLS, broken off), or one that says: later.

    That is 202, 408, 425, 429, 5xx, and any other 4xx with Retry-After.
    """

    problem = "source-unavailable"
    title = "Source unavailable"
    status = 502
    retryable = True
    unhealthy = True


class SourceRejected(SourceError):
    """The source refused the call: another status than success, or a redirect, which is not followed."""

    problem = "source-rejected"
    title = "Source rejected the call"
    status = 502


class SourceUndecodable(SourceError):
    """The answer is not the JSON that it should be."""

    problem = "source-undecodable"
    title = "Source undecodable"
    status = 502
    unhealthy = True


class SourceTooLarge(SourceError):
    """The answer is over the source's cap."""

    problem = "source-too-large"
    title = "Source too large"
    status = 502


class ItemsFailed(SourceError):
    """Some items of a list failed; or all of them, and not all in the same way."""

    problem = "items-failed"
    title = "Items failed"
    status = 502
