"""Where the tool makes, lists and revokes API keys."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from fanin.callers.keys.ledger import FileLedger, Ledger, TableLedger
from fanin.callers.keys.places import FILE
from fanin.engine.call import Runtime

# ruff: noqa: PLC0415 - a file needs no client of AWS's

_WITHIN = 10.0
"""Seconds of a request to the table, which is made once: made again, it could leave a key that nobody has."""

type Work[Result] = Callable[[Ledger], Awaitable[Result]]


def with_ledger[Result](place: str, environment: Mapping[str, str], work: Work[Result]) -> Result:
    """Do something with the keys of a place.

    Args:
        place: a table's name, or a file's behind `file:`, as `FANIN_KEYS` has it.
        environment: has AWS's credentials and region, and its endpoint where that is not AWS's own.
        work: what is done.

    Raises:
        StoreError, LedgerError: the place does not answer, or refuses.
    """
    if place.startswith(FILE):
        return asyncio.run(_done(work, FileLedger(Path(place.removeprefix(FILE)))))
    return asyncio.run(_in_table(place, environment, work))


async def _done[Result](work: Work[Result], ledger: Ledger) -> Result:
    return await work(ledger)


async def _in_table[Result](name: str, environment: Mapping[str, str], work: Work[Result]) -> Result:
    from fanin.aws.client import Aws
    from fanin.compose.resources import Resources
    from fanin.sources.tls import tls_context
    from fanin.stores.bounds import Patience

    aws = Aws(environment, tls_context())
    try:
        return await work(TableLedger(Resources(lambda: aws, Runtime()).table(name, Patience(_WITHIN))))
    finally:
        await aws.aclose()
