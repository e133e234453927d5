"""Where answers are kept and calls are counted, as the environment says."""

import ssl
from collections.abc import Mapping
from typing import NamedTuple

from fanin.pipeline import Surroundings
from fanin.policies.cache.policy import Caching
from fanin.shape import is_missing
from fanin.stores.limit import SharedLimit

# ruff: noqa: PLC0415 - a function without a table has no need of what reaches one


class Stores(NamedTuple):
    """What all sources of a function have in common.

    Args:
        caching: where answers are kept; None where none are.
        limits: counts the calls of all environments; None where each counts its own.
    """

    caching: Caching | None
    limits: SharedLimit | None


def stores(environment: Mapping[str, str], tls: ssl.SSLContext, given: Surroundings) -> Stores:
    """Make them: in memory, and in the table that the environment names.

    Args:
        environment: the function's.
        tls: the context of TLS connections.
        given: time and chance.
    """
    kept = environment.get("FANIN_CACHE") != "off"
    table = environment.get("FANIN_TABLE")
    if not table or environment.get("AWS_SAM_LOCAL"):  # there, names of resources lead to nothing
        return Stores(Caching(given, is_missing) if kept else None, None)
    from fanin.aws.client import Aws
    from fanin.stores.dynamodb import DynamoDb
    from fanin.stores.dynamodb_limit import DynamoDbLimit
    from fanin.stores.dynamodb_warm import DynamoDbWarm
    from fanin.stores.guarded import Guarded
    from fanin.worker.queue import Queue
    from fanin.worker.refresh import handing_over, keeping_warm

    aws = Aws(environment, tls)
    dynamodb, queue = Guarded(aws, "dynamodb", given.clock), environment.get("FANIN_QUEUE")
    caching = Caching(
        given,
        is_missing,
        shared=DynamoDb(dynamodb, table, given.wall),
        hand_over=handing_over(Queue(Guarded(aws, "sqs", given.clock), queue)) if queue else None,
        keep_warm=keeping_warm(DynamoDbWarm(dynamodb, table), given.wall) if queue else None,
    )
    return Stores(caching if kept else None, DynamoDbLimit(dynamodb, table))
