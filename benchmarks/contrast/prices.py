"""What AWS charges, and what a request costs by it."""

from dataclasses import dataclass
from typing import Final

from fanin.observability import price


@dataclass(frozen=True)
class Prices:
    """List prices in dollars, without free tiers and volume discounts."""

    region: str
    as_of: str  # when they were read
    architecture: str  # the functions' processor
    gb_second: float  # a second of a function with 1 GB of memory
    million_requests: float  # of Lambda
    million_http_api: float  # requests to an HTTP API, of at most 512 kB each

    def lambda_dollars(self, billed_ms: float, memory_mb: int) -> float:
        """Give the dollars of a million requests that are billed so long on average, Lambda's part only."""
        return gb_seconds(billed_ms, memory_mb) * 1e6 * self.gb_second + self.million_requests


def gb_seconds(billed_ms: float, memory_mb: int) -> float:
    """Give what one request is billed for."""
    return billed_ms / 1000 * memory_mb / 1024


PRICES: Final = Prices(
    price.REGION, price.AS_OF, "arm64", price.GB_SECOND["arm64"], price.MILLION_INVOCATIONS, million_http_api=1.00
)
"""Lambda's as fanin itself has them; an HTTP API's from aws.amazon.com/api-gateway/pricing."""
