"""The execution models, each with the function that has it and what stands before its endpoints' paths."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fanin.entrypoints.aws_lambda.handler import Handler
from tests.contract.ask import Ask, Question, Reply, in_process, over_http


@dataclass(frozen=True)
class Model:
    """One of them.

    Args:
        function: the function that has it.
        prefix: what stands before its endpoints' paths.
        at_once: whether the calls of a request run at once, and not one after another.
    """

    function: str
    prefix: str
    at_once: bool


MODELS = {
    "gateway": Model("gateway", "", at_once=True),
    "threads": Model("gateway", "/threads", at_once=True),
    "sync": Model("sync", "/sync", at_once=False),
    "sync-threads": Model("sync", "/sync-threads", at_once=True),
    "django": Model("django", "/django", at_once=False),
    "django-async": Model("django", "/django/async", at_once=True),
}


def here(handlers: Mapping[str, Handler]) -> dict[str, Ask]:
    """Give the way to ask each model of functions in this process."""
    return {
        name: in_process(handlers[model.function], model.prefix)
        for name, model in MODELS.items()
        if model.function in handlers
    }


def served(base_url: str, *functions: str) -> dict[str, Ask]:
    """Give the way to ask each model of a server, or those of some functions alone."""
    return {
        name: over_http(base_url, model.prefix)
        for name, model in MODELS.items()
        if not functions or model.function in functions
    }


def warmed(asks: dict[str, Ask]) -> dict[str, Ask]:
    """Ask each model once: what is made for the first request takes its time, on a busy machine too much of it."""
    for ask in asks.values():
        ask(Question("/trip/Lisbon"))
    return asks


def ask_all(asks: Mapping[str, Ask], question: Question, one_at_a_time: Callable[[str], str]) -> dict[str, Reply]:
    """Ask every model at the same time, so that what waits for a timeout waits once.

    Args:
        asks: the ways to ask.
        question: what to ask.
        one_at_a_time: names what serves a model one request at a time, from the model's own name.
    """
    in_turn: dict[str, list[str]] = {}
    for name in asks:
        in_turn.setdefault(one_at_a_time(name), []).append(name)
    with ThreadPoolExecutor(len(in_turn)) as threads:
        replies = threads.map(lambda names: [(name, asks[name](question)) for name in names], in_turn.values())
        return dict(reply for some in replies for reply in some)
