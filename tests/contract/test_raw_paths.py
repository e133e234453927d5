"""Paths are matched by their segments and then decoded, wherever the event keeps them as they were sent."""

from collections.abc import Callable

import pytest

from tests.contract.ask import Reply
from tests.contract.cases import RAW_PATHS, Case


@pytest.mark.parametrize("case", RAW_PATHS, ids=lambda case: case.rule)
def test_keeps_the_contract(case: Case, model: str, replies: Callable[[Case], dict[str, Reply]]) -> None:
    case.check(replies(case)[model])
