"""What stands before the endpoints: says who asks, and how often they may, before a request begins."""

import time
from collections.abc import Awaitable, Callable

from fanin.config import Endpoint
from fanin.config.record import record
from fanin.engine.caller import Caller
from fanin.engine.catalogue import ClientRequest
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock

type Admit = Callable[[Endpoint, ClientRequest, Invocation], Awaitable[Caller | None]]
"""Gives who asks, None for everybody; raises RequestError where the request is not let in."""
type BlockingAdmit = Callable[[Endpoint, ClientRequest, Invocation], Caller | None]
"""The same, for a thread that waits."""


@record
class Ticket:
    """What stands for a caller's credentials, once.

    Args:
        text: what whoever asks sends; known to nobody else.
        seconds: how long it counts.
    """

    text: str
    seconds: float


type Issue = Callable[[Caller, Invocation], Awaitable[Ticket]]
"""Gives a ticket to a caller; raises RequestError where it gets none."""
type Redeem = Callable[[str, Invocation], Awaitable[Caller]]
"""Gives whose ticket it is, which is used then; raises RequestError where it is none."""


@record
class FrontDoor:
    """What every way in asks before it begins a request. Without arguments everybody may come in.

    Args:
        admit: asked on an event loop; None where everybody may come in.
        admit_blocking: asked in a thread; likewise.
        issue: gives tickets; None where there are none.
        redeem: takes them; likewise.
        now: seconds since 1970, for what credentials say of their end.
    """

    admit: Admit | None = None
    admit_blocking: BlockingAdmit | None = None
    issue: Issue | None = None
    redeem: Redeem | None = None
    now: Clock = time.time


OPEN = FrontDoor()
"""Everybody may come in."""
