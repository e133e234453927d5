"""A club's page for its members: who gets which bookings, by tokens."""

from collections.abc import Callable, Sequence

import pytest

from fanin.local.layout import ROOT
from fanin.local.upstream.scripted import Asked
from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case

EXAMPLE = "members"
BOOKINGS = [{"court": 2, "at": "2026-12-01T18:00"}, {"court": 5, "at": "2026-12-08T18:00"}]


def _token(name: str) -> str:
    return (ROOT / "examples" / EXAMPLE / f"{name}.txt").read_text(encoding="utf-8").strip()


def _with(token: str) -> Question:
    return Question("/bookings", headers={"authorization": f"Bearer {token}"})


def _refused(question: Question | str, rule: str) -> Case:
    return Case(rule, question, status=401, complete=None, check=_asked_the_club())


def _asked_the_club(*paths: str) -> Callable[[Reply, Sequence[Asked]], None]:
    """Expect these calls of the club, beside those for the keys that each function makes once."""

    def look(_: Reply, asked: Sequence[Asked]) -> None:
        assert sorted({each.line for each in asked} - {"GET /keys"}) == [f"club GET {path}" for path in paths]

    return look


CASES = [
    Case(
        "a member gets their own bookings",
        _with(_token("token")),
        {"member": {"name": "Ada", "level": 4}, "bookings": BOOKINGS},
        check=_asked_the_club("/members/m-17", "/members/m-17/bookings"),
    ),
    _refused(_with(_token("expired")), "a token that has expired is refused"),
    _refused(_with(_token("token")[:-4] + "AAAA"), "a token with another signature is refused"),
    _refused("/bookings", "without a token there are no bookings"),
    Case("the lessons are everybody's", "/lessons", {"lessons": [{"day": "Saturday", "at": "10:00"}]}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[Case], None]) -> None:
    """In every execution model."""
    hold(case)
