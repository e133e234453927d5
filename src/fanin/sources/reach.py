"""What the environment of a function gives the kinds of sources to make their fetches with."""

import ssl
from collections.abc import Callable, Mapping
from typing import Any

from fanin.config.record import record
from fanin.engine.call import Call, Request, Response
from fanin.engine.outcome import Clock, Outcome
from fanin.sources.resolve import Resolver

type BlockingFetch = Callable[[Call], Outcome[Any]]
"""Makes a call, writes its times down, and gives its failure as an outcome."""

type BlockingSend = Callable[[Request], Response]
"""Makes a request; raises SourceError, and TimeoutError once its call's time is over."""

type BlockingAuthenticate = Callable[[Call, BlockingSend], Response]
"""Makes a call's request with secrets and credentials, by a `BlockingSend`."""


@record
class Reach:
    """What fetches on an event loop reach their sources with.

    Args:
        resolvers: give the addresses behind names: that of private sources under True, that of all others under False.
        tls: gives the context of TLS connections.
        clock: the clock of the calls' deadlines.
    """

    resolvers: Mapping[bool, Resolver]
    tls: Callable[[], ssl.SSLContext]
    clock: Clock


@record
class BlockingReach(Reach):
    """What fetches that block reach their sources with.

    Args:
        authenticate: the step of the pipeline that stands around a blocking fetch; None if requests go out as they are.
    """

    authenticate: BlockingAuthenticate | None = None
