"""idempotency_key: one key for all attempts of a call, by which the source knows that they are the same."""

from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.idempotency import HEADER
from fanin.engine.outcome import Outcome


def idempotency_key(randomness: Random) -> Policy:
    """Send each call with a key of its own: a random UUID, unquoted, as the APIs that know the header take it.

    Args:
        randomness: what the keys are drawn from.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_idempotency_key(call: Call) -> Outcome[Any]:
            if any(name == HEADER for name, _ in call.request.headers):
                return await fetch(call)  # derived of the client's, or a job's: the same whenever it is asked again
            key = UUID(int=randomness.getrandbits(128), version=4)
            headers = (*call.request.headers, (HEADER, str(key)))
            return await fetch(replace(call, request=replace(call.request, headers=headers)))

        return with_idempotency_key

    return policy
