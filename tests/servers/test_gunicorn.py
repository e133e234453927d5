"""Django keeps the contract under a WSGI server too, the async view on a loop that outlives its requests."""

from collections.abc import Iterator

import pytest

from fanin.local.upstream.process import Upstream
from tests.contract.ask import Ask, Question
from tests.contract.cases import CASES, Case
from tests.contract.models import served, warmed
from tests.servers.servers import environment, gunicorn

_TRIES = 5
"""One in time will do: a busy machine can hold up any of them."""


@pytest.fixture(scope="session")
def functions(upstream: Upstream) -> Iterator[dict[str, Ask]]:
    # Gunicorn's own limit to the request line is shorter than the contract's.
    with gunicorn("django", "wsgi", environment(upstream), "--threads", "4", "--limit-request-line", "0") as django:
        yield warmed(served(django, "django"))


@pytest.mark.parametrize("model", ["django", "django-async"])
@pytest.mark.parametrize("case", [case for case in CASES if not case.upstream], ids=lambda case: case.rule)
def test_keeps_the_contract(case: Case, model: str, functions: dict[str, Ask], upstream: Upstream) -> None:
    upstream.reset()
    case.check(functions[model](case.question))


def test_the_async_view_calls_at_once_under_wsgi_too(functions: dict[str, Ask], upstream: Upstream) -> None:
    ask = functions["django-async"]
    upstream.reset()
    ask(Question("/trip/Lisbon"))
    upstream.rules({"*": {"delay": 200}})
    seconds: list[float] = []
    while not seconds or (seconds[-1] >= 1.2 and len(seconds) < _TRIES):
        seconds.append(ask(Question("/trip/Lisbon")).seconds)
    assert 0.6 <= min(seconds) < 1.2
    assert functions["django"](Question("/trip/Lisbon")).seconds >= 1.2
