"""Django keeps the contract under a WSGI server too, the async view on a loop that outlives its requests."""

from collections.abc import Iterator

import pytest

from fanin.local.upstream.process import Upstream
from tests.contract.ask import Ask
from tests.contract.cases import CASES, Case
from tests.contract.models import served, warmed
from tests.contract.test_in_process import test_calls_are_made_at_once_or_one_after_another
from tests.servers.servers import environment, gunicorn

__all__ = ["test_calls_are_made_at_once_or_one_after_another"]


@pytest.fixture(scope="session")
def functions(upstream: Upstream) -> Iterator[dict[str, Ask]]:
    # Gunicorn's own limit to the request line is shorter than the contract's.
    with gunicorn("django", "wsgi", environment(upstream), "--threads", "4", "--limit-request-line", "0") as django:
        yield warmed(served(django, "django"))


@pytest.fixture(params=["django", "django-async"])
def model(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("case", [case for case in CASES if not case.upstream], ids=lambda case: case.rule)
def test_keeps_the_contract(case: Case, model: str, functions: dict[str, Ask], upstream: Upstream) -> None:
    upstream.reset()
    case.check(functions[model](case.question))
