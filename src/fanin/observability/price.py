"""What an AWS Lambda function's time costs, in US dollars.

https://aws.amazon.com/lambda/pricing/: on demand, first tier, without the free tier, in `REGION`, as of `AS_OF`. Most
regions have the same prices.
"""

import os
from collections.abc import Mapping
from types import MappingProxyType

REGION = "us-east-1"
AS_OF = "2025-12"
GB_SECOND: Mapping[str, float] = MappingProxyType({"x86_64": 0.0000166667, "arm64": 0.0000133334})
"""A second with 1,024 MB of memory, by the function's architecture."""
MILLION_INVOCATIONS = 0.20
"""A million invocations, however long."""


def architecture() -> str:
    """Give the architecture of the processor that this runs on, as Lambda names it."""
    return "arm64" if os.uname().machine in {"aarch64", "arm64"} else "x86_64"


def cost(seconds: float, memory_mb: int, architecture: str) -> float:
    """Give what a function's time costs, without the price of its invocations.

    Args:
        seconds: billed by the millisecond, waiting or not.
        memory_mb: the function's memory size.
        architecture: `x86_64` or `arm64`.
    """
    return seconds * memory_mb / 1024 * GB_SECOND[architecture]
