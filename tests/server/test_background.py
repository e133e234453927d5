"""Work behind the answer: not waited for under Uvicorn, waited for under Mangum."""

from fanin.compose.gateway import gateway
from fanin.local.layout import ROOT
from server.background import router
from tests.contract.ask import Ask, Question, in_process
from tests.functions import asgi
from tests.stack.waiting import waited_for

DONE = Question("/background")
_WITHIN = 30.0


def work(seconds: float) -> Question:
    """Ask for work that takes so many seconds."""
    return Question("/background", f"seconds={seconds}", "POST")


def test_under_uvicorn_the_answer_comes_before_the_work_is_done(functions: dict[str, Ask]) -> None:
    ask = functions["gateway"]
    before = ask(DONE).body["done"]
    assert ask(work(1)).status == 202
    assert ask(DONE).body["done"] == before
    waited_for(lambda: ask(DONE).body["done"] == before + 1, _WITHIN)


def test_under_mangum_the_answer_waits_for_the_work() -> None:
    with asgi(gateway(ROOT, {}, routers=[router])) as handler:
        ask = in_process(handler, "")
        assert ask(work(0.1)).status == 202
        assert ask(DONE).body["done"] == 1
