"""The deployed functions keep the contract over HTTP too: every test of tests/contract, asked through the HTTP API."""

from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question
from tests.contract.test_in_process import *  # noqa: F403 - every test, those that are added there later included

del test_all_bodies_are_equal  # noqa: F821 - it compares the ids of requests, too


def test_all_complete_bodies_are_equal(functions: dict[str, Ask], upstream: UpstreamClient) -> None:
    """Refusals are equal but for the id of the request, which over HTTP each request has of its own."""
    upstream.reset()
    for target in ("/trip/Lisbon", "/trip/Tokyo", "/trip/Nairobi", "/air/Lisbon", "/forecast/Paris"):
        assert len({ask(Question(target)).content for ask in functions.values()}) == 1


def test_what_is_neither_a_functions_prefix_nor_below_it_goes_to_the_gateway(functions: dict[str, Ask]) -> None:
    for path in ("/syncopation", "/sync-threadsafe/trip/Lisbon", "/djangology"):
        assert functions["gateway"](Question(path)).body["status"] == 404
    for model in ("sync", "sync-threads", "django", "django-async"):
        assert functions[model](Question("")).status == 404
