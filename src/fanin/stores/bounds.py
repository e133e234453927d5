"""The bounds of every table, queue and bucket, whoever keeps it."""

from dataclasses import dataclass

from fanin.stores.store import GLANCE

MAX_ITEM = 400_000
"""Bytes of an item of a table, names included; DynamoDB's own limit is 400 KiB."""
MAX_PAGES = 250
"""Pages of one query's answer. A page of 1 MB has two items at least, and nobody asks for more than 500."""
MAX_BATCH = 25
"""Items that are deleted by one request."""
MAX_MESSAGE = 262_144
"""Bytes of a message, attributes included, as SQS has it."""
MAX_DELAY = 900
"""Seconds for which a queue holds a message back at most, as SQS does."""
MAX_OBJECT = 100_000_000
"""Bytes of an object of a bucket."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request may take, and how often it is made.

    Args:
        within: seconds of one attempt.
        pauses: seconds between an attempt without an answer and the next; there is one attempt more than pauses.
            Whoever has pauses bears that a change is made twice.
    """

    within: float
    pauses: tuple[float, ...] = ()


SPARED = Patience(GLANCE)
"""Of what one can do without: the cache, the limits, the tasks that refresh answers. A breaker is around it, too."""
NEEDED = Patience(2.0, (0.1, 0.4))
"""Of what one cannot do without: jobs. Nobody is refused because another's request failed."""
NEEDED_LARGE = Patience(10.0, NEEDED.pauses)
"""Of the same, where large bodies go."""
