"""The tables of a source's policies: each key optional, each with a default and bounds."""

from typing import Annotated, Any, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from fanin.config.units import Duration, at_most, spelled
from fanin.config.values import static_json


class _Policy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Described(Protocol):
    """A policy that says what it is set to."""

    @property
    def words(self) -> str:
        """The settings, as `fanin explain` and the docs show them."""
        ...


Share = Annotated[float, Field(gt=0, le=1, strict=True)]


class Retry(_Policy):
    """Another attempt where the one before failed."""

    attempts: Annotated[int, Field(ge=2, le=3, strict=True)] = 2
    """How many attempts a call may make, the first one included."""
    base: Annotated[Duration, at_most("10s")] = 0.05
    """The longest wait before the second attempt; before the third it is twice as long. It is drawn at random."""
    cap: Annotated[Duration, at_most("29s")] = 1.0
    """What no such wait is longer than."""
    budget: Share = 0.2
    """How many retries a source's calls may make together, as a share of them."""

    @property
    def words(self) -> str:
        """How many attempts, how far apart, and how many of them."""
        wait = spelled(min(self.cap, self.base * 2 ** (self.attempts - 2)))
        return f"{self.attempts} attempts, up to {wait} between, {self.budget:.0%} of calls"


class CircuitBreaker(_Policy):
    """A source that fails too often is left alone for a while."""

    failure_rate: Share = 0.5
    """The share of recent calls that has to fail for the breaker to open."""
    minimum_calls: Annotated[int, Field(ge=1, le=1000, strict=True)] = 10
    """How many recent calls there have to be for their rate to count."""
    window: Annotated[Duration, at_most("1h")] = 60.0
    """How long a call is recent; of the latest 1,000."""
    open: Annotated[Duration, at_most("1h")] = 10.0
    """How long no call is made, before the source is probed."""
    probes: Annotated[int, Field(ge=1, le=10, strict=True)] = 1
    """How many calls then have to succeed for the breaker to close; no others are made meanwhile."""

    @property
    def words(self) -> str:
        """When it opens, for how long, and when it closes."""
        rate = f"{self.failure_rate:.0%} of {self.minimum_calls} or more calls in {spelled(self.window)}"
        return f"{rate}, then {spelled(self.open)}, {self.probes} to prove it well"


class Hedge(_Policy):
    """A second attempt beside one that is slow."""

    after: Annotated[Duration, at_most("29s")]
    """How long the first attempt is waited for, before the second is made beside it."""
    budget: Share = 0.1
    """How many second attempts a source's calls may make together, as a share of them."""

    @property
    def words(self) -> str:
        """After how long, and how often."""
        return f"after {spelled(self.after)}, {self.budget:.0%} of calls"


class RateLimit(_Policy):
    """No more attempts than the source allows."""

    calls: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    """How many attempts may be made within `per`."""
    per: Annotated[Duration, at_most("1d")] = 1.0
    """The length of time that they are counted in."""
    shared: Annotated[bool, Field(strict=True)] = False
    """Whether those of all environments are counted together, in the table; a call then asks the table first."""

    @property
    def words(self) -> str:
        """How many attempts in which time, and who counts them."""
        where = "all environments together" if self.shared else "each environment"
        return f"{self.calls} in {spelled(self.per)}, {where}"


class Fallback(_Policy):
    """Static data in place of a value."""

    value: Annotated[Any, BeforeValidator(static_json), WithJsonSchema({})]
    """What stands for the source's value, as it is: neither `pick` nor `drop` is applied."""


class Cache(_Policy):
    """For how long a source's answers are kept: at most so long, and so long where the source says nothing of it."""

    fresh: Duration | None = None
    """For how long an answer is answered as it is; without it, as long as the source says."""
    stale: Duration | None = None
    """For how long after that it is answered while it is being refreshed, and stands in for failures."""
    negative: Duration | None = None
    """For how long it is remembered that the source has no such thing; without it, not at all."""
    override: Annotated[bool, Field(strict=True)] = False
    """Whether these hold whatever the source says."""

    @property
    def words(self) -> str:
        """For how long an answer is fresh, and then stale."""
        fresh = "as long as it says" if self.fresh is None else spelled(self.fresh)
        stale = "" if self.stale is None else f", stale {spelled(self.stale)} more"
        return f"fresh {fresh}{stale}"
