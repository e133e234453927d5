"""docs/abuse.md, counted once more: what the functions ask of the embedded AWS, through a proxy in front of it.

The tests are those of tests/abuse, which count in front of somebody else's AWS.
"""

from collections.abc import Iterator

import pytest

from fanin.local.stack import servers
from fanin.local.stack.servers import Server
from tests.abuse.conftest import Counting, counted_in_front_of
from tests.abuse.test_costs import (
    client,
    test_api_keys_cost_what_is_documented,
    test_clients_with_a_limit_cost_what_is_documented,
    test_jobs_cost_what_is_documented,
    test_messages_over_websocket_cost_what_is_documented,
    test_more_open_jobs_than_may_be_cost_less_than_one,
    test_requests_cost_what_is_documented,
    upstreams,
)
from tests.abuse.test_ticket_costs import test_tickets_cost_what_is_documented

__all__ = [
    "client",
    "test_api_keys_cost_what_is_documented",
    "test_clients_with_a_limit_cost_what_is_documented",
    "test_jobs_cost_what_is_documented",
    "test_messages_over_websocket_cost_what_is_documented",
    "test_more_open_jobs_than_may_be_cost_less_than_one",
    "test_requests_cost_what_is_documented",
    "test_tickets_cost_what_is_documented",
    "upstreams",
]


@pytest.fixture
def environment(embedded: Server) -> dict[str, str]:
    """As the functions have it, beside what AWS's own tools need."""
    return servers.environment_of(embedded) | {"AWS_REGION": servers.REGION}


@pytest.fixture
def counting(embedded: Server) -> Iterator[Counting]:
    with counted_in_front_of(embedded.url) as proxy:
        yield proxy
