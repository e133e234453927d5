"""Where answers are kept and calls are counted, as the environment says."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from fanin.engine.call import Runtime
from fanin.engine.shape import is_missing
from fanin.policies.cache.policy import Caching
from fanin.stores.limit import SharedLimit

if TYPE_CHECKING:
    from fanin.compose.resources import Resources

# ruff: noqa: PLC0415 - a function without a table has no need of what reaches one


class Stores(NamedTuple):
    """What all sources of a function have in common.

    Args:
        caching: where answers are kept; None where none are.
        limits: counts the calls of all environments; None where each counts its own.
    """

    caching: Caching | None
    limits: SharedLimit | None


def stores(environment: Mapping[str, str], resources: "Callable[[], Resources]", runtime: Runtime) -> Stores:
    """Make a function's stores: in memory, and in the table that the environment names.

    Args:
        environment: the function's.
        resources: gives the function's tables and queues.
        runtime: clock and randomness.
    """
    kept = environment.get("FANIN_CACHE") != "off"
    name = environment.get("FANIN_TABLE")
    if not name or environment.get("AWS_SAM_LOCAL"):  # there, names of resources lead to nothing
        return Stores(Caching(runtime, is_missing) if kept else None, None)
    from fanin.stores.table_limit import TableLimit

    table = resources().table(name)
    limits = TableLimit(table)
    if not kept:
        return Stores(None, limits)
    from fanin.stores.table_answers import TableAnswers
    from fanin.stores.table_warm import TableWarm
    from fanin.worker.queue import Tasks
    from fanin.worker.refresh import handing_over, keeping_warm

    queue = environment.get("FANIN_QUEUE")
    caching = Caching(
        runtime,
        is_missing,
        shared=TableAnswers(table, runtime.now),
        hand_over=handing_over(Tasks(resources().queue(queue))) if queue else None,
        keep_warm=keeping_warm(TableWarm(table), runtime.now) if queue else None,
    )
    return Stores(caching, limits)
