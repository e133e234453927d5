"""What is kept of a source's answer."""

from fanin.config.record import record

_SKEW = 5.0
"""Seconds by which the clocks of two environments may differ; an answer from further ahead is not believed."""


@record
class Entry:
    """An answer, and until when it is good for what. Moments are seconds since the epoch, which environments share.

    Args:
        value: the answer, encoded as JSON; empty if it had no content; None where the source had no such thing.
        received: when the source gave it.
        fresh_until: until then it is answered as it is.
        stale_until: until then it is answered while it is being refreshed.
        rescue_until: until then it stands in for a failure.
        kept_until: until then it is worth keeping, be it to ask whether it still holds.
        etag: the source's validators, and its Cache-Control; empty where it gave none.
        last_modified: likewise.
        control: likewise.
    """

    value: bytes | None
    received: float
    fresh_until: float
    stale_until: float
    rescue_until: float
    kept_until: float
    etag: str = ""
    last_modified: str = ""
    control: str = ""

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return len(self.value or b"") + len(self.etag) + len(self.last_modified) + len(self.control) + 200

    def known(self, now: float) -> bool:
        """Whether it is worth having: stores delete what has expired when it suits them."""
        return now < self.kept_until and self.received <= now + _SKEW

    @property
    def passing(self) -> bool:
        """Whether it was never fresh, so that every call asks for itself: waiting for one another would be in vain."""
        return self.fresh_until <= self.received

    def outlives(self, other: "Entry", now: float) -> bool:
        """Whether it stays where another comes in: it was given later, and is fresh, or says that there is none."""
        return self.received > other.received and (self.passing or now < self.fresh_until)

    @property
    def validators(self) -> tuple[tuple[str, str], ...]:
        """The headers that ask the source whether it still holds (RFC 9110, section 13.1)."""
        pairs = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        return tuple((name, value) for name, value in pairs if value)
