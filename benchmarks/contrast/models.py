"""The execution models that are contrasted."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Model:
    """An execution model."""

    name: str  # what it is called in the results
    title: str  # what it is called in the report
    prefix: str  # what stands before the endpoints' paths
    function: str  # the function that has it, by its name in the template
    calls: str  # how the calls of one request run


IN_TURN: Final = "one after another"
MODELS: Final = (
    Model("async", "FastAPI async def", "", "GatewayFunction", "at once, on one event loop"),
    Model("threads", "FastAPI def", "/threads", "GatewayFunction", "at once, in threads"),
    Model("sync", "requests", "/sync", "SyncFunction", IN_TURN),
    Model("sync-threads", "requests in threads", "/sync-threads", "SyncFunction", "at once, in threads"),
    Model("django", "Django view", "/django", "DjangoFunction", IN_TURN),
    Model("django-async", "Django async view", "/django/async", "DjangoFunction", "at once, on one event loop"),
)
BASELINE: Final = "sync"
"""The model that the others are compared with: one call after another, and nothing around it."""
ASYNC: Final = "async"


def named(name: str) -> Model:
    """Give the model of a name."""
    return {model.name: model for model in MODELS}[name]
