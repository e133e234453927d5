"""What only shows of `client_limit` when the endpoint around it is seen."""

from collections.abc import Iterator

from fanin.config.finding import Finding
from fanin.config.format import Endpoint


def client_limit_findings(endpoint: Endpoint) -> Iterator[Finding]:
    """Find a limit of callers at an endpoint that has none."""
    if endpoint.client_limit is not None and endpoint.client_limit.by == "caller" and endpoint.is_open:
        key = ("endpoints", endpoint.name, "client_limit", "by")
        message = f"anyone may ask for endpoint {endpoint.name!r}, so that it has no callers to count"
        yield Finding("no-caller", key, message, 'Write "address", or add caller to the endpoint', part='"caller"')
