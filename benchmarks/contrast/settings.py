"""How much is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.load import Closed, Open

CALL_MS: Final = 100
"""How long a call or query takes on Lambda's terms."""
SERVER_MS: Final = 200
"""How long the one call or query of a request takes on a server's terms."""


@dataclass(frozen=True)
class Settings:
    """What a run measures, each with its rounds."""

    calls: Mapping[int, int]  # the numbers of calls of a request on Lambda's terms
    queries: Mapping[int, int]  # those of queries
    cold_rounds: int  # new environments of each model
    crowds: Mapping[Closed, int]  # the closed loops that servers are measured with
    query_crowds: Mapping[Closed, int]  # those of servers that ask a database
    arrivals: tuple[Open, ...]  # the open loops, by rising rates
    probes: int  # requests for each of the single claims
    sockets: int  # WebSockets open at once
    busy_seconds: float  # how long a processor is kept busy
    few: tuple[str, ...] = ()  # the servers that have open loops and queries; all if empty


FULL: Final = Settings(
    calls={1: 12, 2: 12, 4: 12, 8: 12, 16: 5, 32: 4},
    queries={1: 8, 8: 5},
    cold_rounds=5,
    crowds={
        **{Closed(clients, warm_up=0.5, seconds=1.5): 2 for clients in (1, 10, 50)},
        # A new httpx client for each of 200 requests takes seconds of processor time before the first is sent.
        Closed(200, warm_up=4.0, seconds=4.0): 1,
        # The warm-up lasts beyond the 5 s after which httpx's defaults give up: until then a queue only grows.
        # What counts lasts as long, since failures and answers then come in waves.
        Closed(1000, warm_up=6.0, seconds=6.0): 3,
    },
    query_crowds={
        **{Closed(clients, warm_up=0.5, seconds=1.5): 1 for clients in (1, 50)},
        # Until each of so many has its first answer, and the pool its connections.
        Closed(500, warm_up=2.0, seconds=2.0): 3,
    },
    arrivals=tuple(Open(rate, seconds=4.0, limit=5.0) for rate in (4, 40, 150, 600)),
    probes=5,
    sockets=500,
    busy_seconds=2.0,
)
QUICK: Final = Settings(
    calls={1: 1, 8: 1},
    queries={1: 1, 8: 1},
    cold_rounds=1,
    crowds={Closed(200, warm_up=0.5, seconds=0.6): 1},
    query_crowds={Closed(50, warm_up=0.4, seconds=0.4): 1},
    arrivals=(Open(40, seconds=0.4, limit=0.4),),
    probes=1,
    sockets=50,
    busy_seconds=0.3,
    few=("async", "gunicorn-sync"),
)
"""Shows that it works, and settles nothing."""
