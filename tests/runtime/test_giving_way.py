"""A handler that is no application: the first process of an environment gives way to AWS's runtime, and no other."""

from types import SimpleNamespace
from typing import Any

import pytest

from fanin.entrypoints.runtime.run import Program


class GaveWay(BaseException):
    """Another program takes the place of this one."""


def load(_: str) -> Any:
    """Import a module with a handler of one's own."""
    return SimpleNamespace(handler=print)


def give_way() -> None:
    """End this program."""
    raise GaveWay


@pytest.mark.parametrize("another", [False, True])
def test_only_the_first_process_gives_way(*, another: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever has imported the handler first: with two runtimes of AWS's, events would come to both."""
    reported: list[BaseException] = []

    async def report(_: str, error: BaseException) -> None:
        reported.append(error)

    monkeypatch.setattr(Program, "_connect", lambda _: SimpleNamespace(fail=report))
    environment = {"_HANDLER": "a.handler", "AWS_LAMBDA_MAX_CONCURRENCY": "2", "FANIN_PROCESSES": "1"}
    program = Program(environment | ({"_FANIN_PART": "1"} if another else {}), load, (), give_way)
    assert program.run() == (0 if another else 1)
    assert [type(error) for error in reported] == ([] if another else [GaveWay])
