"""What a deployment costs in a month, by AWS's list prices and by what the benchmarks of fanin were billed.

Nothing here asks AWS. Prices and figures are data, with their date and where they are from.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from fanin.observability import price

DAYS: Final = 30
SECONDS: Final = DAYS * 24 * 3600
MILLION: Final = 1_000_000

OWN_MS: Final = 5.0
"""Milliseconds that a request of eight calls is billed beyond its waiting: 104 or 105 ms with sources of 100 ms.

docs/contrast.md, "what a request is billed, 8 calls", FastAPI async def; the most of two records. An answer from the
cache takes no longer."""
LOGGED_KB: Final = 1.9
"""What CloudWatch takes in of a request without sources: fanin's line and its metrics 0.9, Lambda's report 0.5, the
access log 0.4, and 26 bytes for each of the four; docs/reference.md."""
LOGGED_SOURCE_KB: Final = 0.55
"""What each source adds to it: its part of the line, and its metrics."""
READ_UNITS: Final = 0.5
"""DynamoDB's units for a look into the table, which may be a moment behind."""
METRICS_OF_FUNCTION: Final = 7
METRICS_OF_ENDPOINT: Final = 7
METRICS_OF_SOURCE: Final = 5
ALARMS: Final = 21
"""Of template.yaml, with all its parts."""


@dataclass(frozen=True)
class Prices:
    """US dollars in `price.REGION`, on demand, without free tiers, as of `price.AS_OF`.

    Attributes:
        million_api: requests to an HTTP API, of 512 kB each, up to 300 million a month.
        million_api_beyond: those beyond.
        million_reads: DynamoDB's read units: 4 kB, or 8 kB that may be a moment behind.
        million_writes: DynamoDB's write units: 1 kB.
        million_traces: traces that X-Ray records.
        log_gb: a GB of log lines taken in, in the first tier; access logs are in it.
        out_gb: a GB to the Internet, in the first tier.
        metric: a metric for a month, in the first tier.
        alarm: an alarm for a month.
        dashboard: one for a month, from the fourth on.
        nat_hour: a NAT gateway for an hour, which is there in every hour.
        nat_gb: a GB that goes through one.
    """

    million_api: float = 1.00
    million_api_beyond: float = 0.90
    million_reads: float = 0.125
    million_writes: float = 0.625
    million_traces: float = 5.00
    log_gb: float = 0.50
    out_gb: float = 0.09
    metric: float = 0.30
    alarm: float = 0.10
    dashboard: float = 3.00
    nat_hour: float = 0.045
    nat_gb: float = 0.045


PRICES: Final = Prices()
_TIER: Final = 300 * MILLION
_POISSON: Final = 10_000
"""The mean beyond which the normal distribution is taken, which is within one there."""
_TRACED_SHARE: Final = 0.05
"""X-Ray's own rule: the first request of each second, and this share of the others."""


@dataclass(frozen=True)
class Load:
    """What is asked of a deployment.

    Args:
        rate: requests a second, day and night.
        hit: the share that is answered from the cache, 0 to 1.
        wait_ms: how long the others wait for their sources.
        sources: of a request.
        endpoints: that there are; each has metrics of its own.
        memory_mb: the gateway's.
        architecture: `arm64` or `x86_64`.
        answer_kb: bytes of an answer, in thousands; sources give as much for it.
        nats: NAT gateways of the VPC that functions run in; 0 outside of one.
    """

    rate: float
    hit: float = 0.0
    wait_ms: float = 100.0
    sources: int = 6
    endpoints: int = 1
    memory_mb: int = 1769
    architecture: str = "arm64"
    answer_kb: float = 5.0
    nats: int = 0

    @property
    def requests(self) -> float:
        """Requests in a month."""
        return self.rate * SECONDS

    @property
    def billed_ms(self) -> float:
        """Milliseconds that a request is billed, on average."""
        return OWN_MS + (1 - self.hit) * self.wait_ms


def lines(load: Load) -> dict[str, float]:
    """Give the dollars of a month by what they are for."""
    requests, gb = load.requests, 1e-6 * load.requests
    missed = requests * (1 - load.hit)
    metrics = METRICS_OF_FUNCTION + load.endpoints * METRICS_OF_ENDPOINT + load.sources * METRICS_OF_SOURCE
    traces = SECONDS * (min(load.rate, 1.0) + max(load.rate - 1.0, 0.0) * _TRACED_SHARE)
    logged = LOGGED_KB + load.sources * LOGGED_SOURCE_KB
    through_nat = 1e-6 * missed * load.answer_kb if load.nats else 0.0
    nat = {"NAT gateways": load.nats * DAYS * 24 * PRICES.nat_hour + through_nat * PRICES.nat_gb}
    return {
        "API Gateway": (
            min(requests, _TIER) * PRICES.million_api + max(requests - _TIER, 0) * PRICES.million_api_beyond
        )
        / MILLION,
        "Lambda, requests": requests / MILLION * price.MILLION_INVOCATIONS,
        "Lambda, time": price.cost(requests * load.billed_ms / 1000, load.memory_mb, load.architecture),
        "DynamoDB, reads": requests * load.sources * READ_UNITS / MILLION * PRICES.million_reads,
        "DynamoDB, writes": missed * load.sources * 2 / MILLION * PRICES.million_writes,
        "Logs": gb * logged * PRICES.log_gb,
        "Traces": traces / MILLION * PRICES.million_traces,
        "Answers to the Internet": gb * load.answer_kb * PRICES.out_gb,
        "Metrics, alarms, dashboard": metrics * PRICES.metric + ALARMS * PRICES.alarm + PRICES.dashboard,
        **(nat if load.nats else {}),
    }


def environments(load: Load) -> tuple[float, int]:
    """Give how many environments are busy: on average, and enough for 999 of 1,000 requests."""
    return busy(load.rate, load.billed_ms)


def busy(rate: float, ms: float) -> tuple[float, int]:
    """Give how many environments are busy with so many requests a second of so many milliseconds, as `environments`.

    By Little's law, and the 99.9th percentile of a Poisson distribution around it, as in docs/contrast.md.
    """
    average = rate * ms / 1000
    return average, _quantile(average, 0.999)


def _quantile(mean: float, share: float) -> int:
    """Give the least number that a Poisson variable does not exceed with a probability."""
    if mean > _POISSON:
        return math.ceil(mean + NormalDist().inv_cdf(share) * math.sqrt(mean))
    number, term = 0, -mean  # the term's logarithm: beyond a mean of 745 the first is too small for a number
    below = math.exp(term)
    while below < share:
        number += 1
        term += math.log(mean / number)
        below += math.exp(term)
    return number
