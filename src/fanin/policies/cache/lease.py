"""One of all environments asks, and the others wait for it, for a time that is bounded."""

from fanin.engine.call import Call, Runtime
from fanin.errors import StoreUnavailable
from fanin.stores.entry import Entry
from fanin.stores.store import GLANCE, READ_WITHIN, SharedStore

LEASE_SHARE = 0.4
"""The share of a call's time for which it has the lease: if it dies, another can still ask in its place."""
WAIT_SHARE = 0.6
"""The share of a call's time that it waits for others, before it asks by itself."""
MAX_LEASE = 5.0
"""Seconds of a lease."""
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 0.25
_PATIENT_SHARE = 0.1
_MOST_PATIENT_SHARE = 0.5


def patience(call: Call, now: float, store: SharedStore) -> float:
    """Give the seconds that a request to the store may take where the source is to be asked without it.

    A tenth of the call's time, within bounds; more until the store has answered for the first time, since then there
    is a connection to be made, and an environment that has just started has most to gain.
    """
    allowed = call.deadline - now if call.source.timeout is None else call.source.timeout
    wanted = max(GLANCE, allowed * _PATIENT_SHARE) if store.met else READ_WITHIN
    return min(wanted, READ_WITHIN, allowed * _MOST_PATIENT_SHARE)


async def agree(call: Call, key: str, store: SharedStore, runtime: Runtime) -> tuple[Entry | None, bool]:
    """Look for an answer that another environment has, or is asking for.

    Returns:
        what the store has, and whether one holds the lease and is to ask. Without the lease and without an entry that
        may be answered, the wait was over, or the store is not there: one asks by oneself.
    """
    entry: Entry | None = None
    began = runtime.clock()
    allowed = max(0.0, call.deadline - began)
    gives_up = began + min(allowed, MAX_LEASE / LEASE_SHARE) * WAIT_SHARE
    within = patience(call, began, store)
    pause = _FIRST_PAUSE
    try:
        found = await store.get(key, within=within)
        while True:
            entry = found.entry if found.entry and found.entry.known(runtime.now()) else None
            if entry and (entry.passing or runtime.now() < max(entry.fresh_until, entry.stale_until)):
                return entry, False
            if runtime.now() >= found.leased_until and await store.lease(
                key, min(allowed * LEASE_SHARE, MAX_LEASE), within=within
            ):
                return entry, True
            if runtime.clock() + pause >= gives_up:
                return entry, False
            await runtime.sleep(pause * (0.5 + runtime.randomness.random()))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            found = await store.get(key, consistent=True, within=within)
    except StoreUnavailable:
        return entry, False
