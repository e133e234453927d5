"""OPTIONS reaches the functions through the embedded AWS, as through an HTTP API without a CORS configuration."""

import pytest

from tests.contract.ask import Ask, Question
from tests.contract.models import MODELS

PREFLIGHT = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "GET"}


@pytest.mark.parametrize("model", MODELS)
def test_a_preflight_is_answered_by_the_function(model: str, functions: dict[str, Ask]) -> None:
    """Which, for a fanin.toml without [cors], refuses it as any method that the path does not take."""
    reply = functions[model](Question("/trip/Lisbon", method="OPTIONS", headers=PREFLIGHT))
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")
    assert reply.body["type"].endswith("/wrong-method")
    assert not any(name.startswith("access-control-") for name in reply.headers)
