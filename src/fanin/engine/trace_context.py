"""The trace that a request belongs to, as W3C Trace Context has it, for sources that ask for it.

https://www.w3.org/TR/trace-context-1/
"""

from collections.abc import Mapping
from random import Random, SystemRandom

from fanin.config.late_pattern import LatePattern
from fanin.config.record import record

_TRACEPARENT = LatePattern(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_INVALID_VERSION = "ff"
_EXACT_VERSION = "00"
_SAMPLED = 1

_MAX_MEMBERS = 32
_KEY = r"[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}"
_VALUE = r"[ -+\--<>-~]{0,255}[!-+\--<>-~]"  # printable ASCII without comma and equals sign, not ending in a space
_MEMBER = LatePattern(rf"({_KEY})=(?:{_VALUE})")

_XRAY_ROOT = LatePattern(r"(?:^|;)\s*Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?=;|$)")
_CHANCE = SystemRandom()  # environments restored from one snapshot share the state of any other
_XRAY_SAMPLED = LatePattern(r"(?:^|;)\s*Sampled=1(?=;|$)")


@record
class TraceContext:
    """A request's trace.

    Args:
        trace_id: 32 hexadecimal digits.
        sampled: whether who began the trace records it.
        state: the `tracestate` that came with it; empty where none did.
        xray: X-Ray's own form of its trace's id; empty where there is none.
        parent_id: 16 hexadecimal digits: the caller's span; empty where there is none.
        randomness: what the ids of calls are drawn from.
    """

    trace_id: str
    sampled: bool = False
    state: str = ""
    xray: str = ""
    parent_id: str = ""
    randomness: Random = _CHANCE

    @classmethod
    def of(cls, headers: Mapping[str, str], xray: str = "", randomness: Random = _CHANCE) -> "TraceContext":
        """Go on with the caller's trace if it names a valid one, else with X-Ray's, else begin one.

        Args:
            headers: the request's; names in lower case, repeated ones joined by a comma.
            xray: X-Ray's header, as Lambda has it in `_X_AMZN_TRACE_ID`; empty without one.
            randomness: what ids are drawn from.
        """
        root = _XRAY_ROOT.compiled.search(xray) if xray else None
        xray_id = f"1-{root[1]}-{root[2]}" if root else ""
        if (given := headers.get("traceparent")) and (parent := _parsed(given)):
            trace_id, parent_id, sampled = parent
            return cls(trace_id, sampled, _valid_state(headers.get("tracestate", "")), xray_id, parent_id, randomness)
        if root:
            sampled = bool(_XRAY_SAMPLED.compiled.search(xray))
            return cls(root[1] + root[2], sampled, xray=xray_id, randomness=randomness)
        return cls(f"{randomness.getrandbits(128):032x}", randomness=randomness)

    def span_id(self) -> str:
        """Draw the id of one more call."""
        return f"{self.randomness.getrandbits(64):016x}"

    def headers(self, span_id: str) -> tuple[tuple[str, str], ...]:
        """Give the headers of a call in this trace."""
        parent = f"{_EXACT_VERSION}-{self.trace_id}-{span_id}-{self.sampled:02x}"
        return (("traceparent", parent), *((("tracestate", self.state),) if self.state else ()))


def _parsed(traceparent: str) -> tuple[str, str, bool] | None:
    """Give the trace's id, the caller's, and whether it is sampled; of a later version what this one knows of it."""
    found = _TRACEPARENT.compiled.fullmatch(traceparent.strip(" \t"))
    if not found:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    if version == _INVALID_VERSION or (more and version == _EXACT_VERSION):
        return None
    if not trace_id.strip("0") or not parent_id.strip("0"):
        return None
    return trace_id, parent_id, bool(int(flags, 16) & _SAMPLED)


def _valid_state(tracestate: str) -> str:
    """Give a `tracestate` as it is to be passed on; nothing where any part of it is wrong."""
    members = [member for part in tracestate.split(",") if (member := part.strip(" \t"))]
    found = [_MEMBER.compiled.fullmatch(member) for member in members]
    keys = {match[1] for match in found if match}
    return ",".join(members) if len(keys) == len(members) <= _MAX_MEMBERS else ""
