"""The execution models, each with the function that has it and what stands before its endpoints' paths."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fanin.lambda_runtime import Handler
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
}


def here(handlers: Mapping[str, Handler]) -> dict[str, Ask]:
    """Give the way to ask each model of functions in this process."""
    return {name: in_process(handlers[model.function], model.prefix) for name, model in MODELS.items()}


def served(base_url: str) -> dict[str, Ask]:
    """Give the way to ask each model of a server."""
    return {name: over_http(base_url, model.prefix) for name, model in MODELS.items()}


def ask_all(asks: Mapping[str, Ask], question: Question) -> dict[str, Reply]:
    """Ask every model, those of different functions at the same time; what waits for a timeout then waits once."""

    def ask(function: str) -> list[tuple[str, Reply]]:
        return [(name, asks[name](question)) for name, model in MODELS.items() if model.function == function]

    functions = list(dict.fromkeys(model.function for model in MODELS.values()))
    with ThreadPoolExecutor(len(functions)) as threads:
        return dict(pair for pairs in threads.map(ask, functions) for pair in pairs)
