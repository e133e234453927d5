"""Work behind the answer: not waited for under Uvicorn, waited for under Mangum."""

import time

from fanin.compose.gateway import gateway
from fanin.local.layout import ROOT
from server.background import router
from tests.contract.ask import Ask, Question, in_process
from tests.functions import asgi

SECONDS = 1.0
QUESTION = Question("/background", f"seconds={SECONDS}", "POST")
DONE = Question("/background")


def test_under_uvicorn_the_answer_comes_before_the_work_is_done(functions: dict[str, Ask]) -> None:
    ask = functions["gateway"]
    before = ask(DONE).body["done"]
    reply = ask(QUESTION)
    assert reply.status == 202
    assert reply.seconds < SECONDS
    assert ask(DONE).body["done"] == before
    ends = time.monotonic() + 10 * SECONDS
    while ask(DONE).body["done"] == before and time.monotonic() < ends:
        time.sleep(0.02)
    assert ask(DONE).body["done"] == before + 1


def test_under_mangum_the_answer_waits_for_the_work() -> None:
    with asgi(gateway(ROOT, {}, routers=[router])) as handler:
        ask = in_process(handler, "")
        reply = ask(QUESTION)
        assert reply.status == 202
        assert reply.seconds >= SECONDS
        assert ask(DONE).body["done"] == 1
