"""FastAPI and Django keep the contract under one worker of Uvicorn each: every test of tests/contract."""

import concurrent.futures
from collections.abc import Callable, Iterator

import pytest

from fanin.local.upstream.process import Upstream
from tests.contract.ask import Ask, Question
from tests.contract.models import served, warmed
from tests.contract.test_in_process import *  # noqa: F403 - every test, those that are added there later included
from tests.servers.servers import environment, uvicorn

del test_all_bodies_are_equal  # noqa: F821 - it compares the ids of requests, too


@pytest.fixture(scope="session")
def functions(upstream: Upstream) -> Iterator[dict[str, Ask]]:
    reading = environment(upstream)
    with uvicorn("gateway", "app:app", reading) as gateway, uvicorn("django", "asgi:application", reading) as django:
        yield warmed({**served(gateway, "gateway"), **served(django, "django")})


@pytest.fixture(scope="session")
def one_at_a_time() -> Callable[[str], str]:
    """A server takes requests at once."""
    return lambda name: name


@pytest.fixture(params=["gateway", "threads", "django", "django-async"])
def model(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_all_complete_bodies_are_equal(functions: dict[str, Ask], upstream: Upstream) -> None:
    upstream.reset()
    for target in ("/trip/Lisbon", "/trip/Tokyo", "/trip/Nairobi", "/air/Lisbon", "/forecast/Paris"):
        assert len({ask(Question(target)).content for ask in functions.values()}) == 1


@pytest.mark.parametrize("asynchronous", ["gateway", "django-async"])
def test_one_worker_serves_requests_at_once_where_calls_run_on_its_loop(
    functions: dict[str, Ask], upstream: Upstream, asynchronous: str
) -> None:
    """Of twenty requests, whose calls are made one after another, more than half are with an API at the same time."""
    upstream.reset()
    upstream.rules({"*": {"delay": 500}})
    with concurrent.futures.ThreadPoolExecutor(20) as clients:
        replies = list(clients.map(functions[asynchronous], [Question("/air/Lisbon")] * 20))
    assert {reply.status for reply in replies} == {200}
    assert upstream.at_once() > 10


def test_every_answer_has_the_requests_id(functions: dict[str, Ask]) -> None:
    assert functions["gateway"](Question("/docs")).headers["x-request-id"]
