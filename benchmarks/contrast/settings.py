"""How much is measured."""

from dataclasses import dataclass

from benchmarks.contrast.database_terms import Queries
from benchmarks.contrast.probes import Amount
from benchmarks.contrast.server_terms import Crowd, Stream


@dataclass(frozen=True)
class Settings:
    """What a run measures, and how often."""

    calls: tuple[tuple[int, int], ...]  # the numbers of calls of a request on Lambda's terms, each with its rounds
    call_ms: int  # how long each of them takes
    cold_rounds: int  # new environments of each model; if 0, the starts of the warm ones count
    server_ms: int  # how long the one call of a request takes on a server's terms
    crowds: tuple[Crowd, ...]  # the closed loops
    stream: Stream  # the open loops
    probes: Amount  # the measurements of single claims
    queries: Queries  # those of a database; a query takes as long as a call
    anew: bool = True  # whether each measurement of a server has a process of its own


FULL = Settings(
    calls=((1, 12), (2, 12), (4, 12), (8, 12), (16, 5), (32, 4)),
    call_ms=100,
    cold_rounds=5,
    server_ms=200,
    crowds=(
        *(Crowd(clients, warm_up=0.5, seconds=1.5, rounds=2) for clients in (1, 10, 50)),
        # A new httpx client for each of 200 requests takes seconds of processor time before the first is sent.
        Crowd(200, warm_up=4.0, seconds=4.0, rounds=1),
        # The warm-up lasts beyond the 5 s after which httpx's defaults give up: until then a queue only grows.
        # What counts lasts as long, since failures and answers then come in waves.
        Crowd(1000, warm_up=6.0, seconds=6.0, rounds=3),
    ),
    stream=Stream(rates=(4, 40, 150, 600), seconds=4.0, limit=5.0),
    probes=Amount(rounds=5, sockets=500, seconds=2.0),
    queries=Queries(
        questions=((1, 8), (8, 5)),
        crowds=(
            *(Crowd(clients, warm_up=0.5, seconds=1.5, rounds=1) for clients in (1, 50)),
            # Until each of so many has its first answer, and the pool its connections.
            Crowd(500, warm_up=2.0, seconds=2.0, rounds=3),
        ),
    ),
)
QUICK = Settings(
    calls=((1, 1), (8, 1)),
    call_ms=100,
    cold_rounds=0,
    server_ms=200,
    crowds=(Crowd(200, warm_up=0.5, seconds=0.6, rounds=1),),
    stream=Stream(rates=(40,), seconds=0.4, limit=0.4, only=("async", "gunicorn-threads")),
    probes=Amount(rounds=1, sockets=50, seconds=0.3),
    queries=Queries(
        questions=((1, 1), (8, 1)),
        crowds=(Crowd(50, warm_up=0.4, seconds=0.4, rounds=1),),
        functions=("GatewayFunction", "SyncFunction"),
        only=("async", "gunicorn-sync"),
    ),
    anew=False,
)
"""Shows that it works, and settles nothing."""
