"""How long a call may take, and its error when it took longer."""

from fanin.config.units import spelled
from fanin.engine.call import Call
from fanin.errors import SourceTimeout


def time_allowed(call: Call, now: float) -> float:
    """Give the seconds that a call may take: its source's timeout, or what is left of the request's time."""
    left = max(0.0, call.deadline - now)
    return left if call.source.timeout is None else min(left, call.source.timeout)


def timed_out(call: Call, allowed: float) -> SourceTimeout:
    """Make the error of a call that was not done within the seconds allowed."""
    name = call.source.name
    if allowed <= 0:
        return SourceTimeout(name, f"the request's time was over before {name} could be asked", attempts=0)
    return SourceTimeout(name, f"{name} did not answer within {spelled(allowed)}")
