"""What AWS charges, in one table, and what a request costs by it."""

from dataclasses import dataclass
from typing import Final

from fanin.seeing import price


@dataclass(frozen=True)
class Prices:
    """List prices in dollars, without free tiers and volume discounts.

    Args:
        region: where they hold.
        as_of: when they were read.
        architecture: the functions' processor.
        gb_second: a second of a function with 1 GB of memory.
        million_requests: of Lambda.
        million_http_api: requests to an HTTP API, of at most 512 kB each.
    """

    region: str
    as_of: str
    architecture: str
    gb_second: float
    million_requests: float
    million_http_api: float

    def lambda_dollars(self, billed_ms: float, memory_mb: int) -> float:
        """Give the dollars of a million requests, Lambda's part alone.

        Args:
            billed_ms: the mean that is billed for a request.
            memory_mb: the function's memory.
        """
        return gb_seconds(billed_ms, memory_mb) * 1e6 * self.gb_second + self.million_requests


def gb_seconds(billed_ms: float, memory_mb: int) -> float:
    """Give what one request is billed for."""
    return billed_ms / 1000 * memory_mb / 1024


PRICES: Final = {
    architecture: Prices(price.REGION, price.AS_OF, architecture, gb_second, price.MILLION_INVOCATIONS, 1.00)
    for architecture, gb_second in price.GB_SECOND.items()
}
"""Lambda's as fanin itself has them; an HTTP API's from aws.amazon.com/api-gateway/pricing."""
