"""What stands before the endpoints: says who asks, and how often they may, before a request begins."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fanin.config import Endpoint
from fanin.engine.caller import Caller
from fanin.engine.catalogue import ClientRequest
from fanin.engine.invocation import Invocation

type Admit = Callable[[Endpoint, ClientRequest, Invocation], Awaitable[Caller | None]]
"""Gives who asks, None for everybody; raises RequestError where the request is not let in."""
type BlockingAdmit = Callable[[Endpoint, ClientRequest, Invocation], Caller | None]
"""The same, for a thread that waits."""


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """What every way in asks before it begins a request. Without arguments everybody may come in.

    Args:
        admit: asked on an event loop; None where everybody may come in.
        admit_blocking: asked in a thread; likewise.
    """

    admit: Admit | None = None
    admit_blocking: BlockingAdmit | None = None


OPEN = FrontDoor()
"""Everybody may come in."""
