"""The tables, queues and buckets of a function: in AWS, over one client."""

from functools import cached_property
from typing import TYPE_CHECKING

from fanin.engine.call import Runtime
from fanin.stores.aws.calls import Calls
from fanin.stores.bounds import SPARED, Patience
from fanin.stores.breaker import Breaker

if TYPE_CHECKING:
    from collections.abc import Callable

    from fanin.aws.client import Aws
    from fanin.stores.bucket import Bucket
    from fanin.stores.queue import Queue
    from fanin.stores.table import Table

# ruff: noqa: PLC0415 - a function without a queue or a bucket has no need of what reaches one


class Resources:
    """What a function keeps things in.

    Whoever can do without a table or a queue is spared it while it is down, by one breaker for all tables and one for
    all queues. Whoever cannot says how patient they are, and is behind no breaker.

    Args:
        aws: gives the client of AWS's services.
        runtime: clock and randomness.
    """

    def __init__(self, aws: "Callable[[], Aws]", runtime: Runtime) -> None:
        self._aws = aws
        self._runtime = runtime

    @cached_property
    def aws(self) -> "Aws":
        """The client of AWS's services."""
        return self._aws()

    def table(self, name: str, patience: Patience | None = None) -> "Table":
        """Give a table by its name.

        Args:
            name: the table's.
            patience: for whoever cannot do without it; None for whoever can.
        """
        from fanin.stores.aws.table import AwsTable

        return AwsTable(self._spared_tables if patience is None else self._calls("dynamodb", patience), name)

    def table_of_counts(self, name: str) -> "Table":
        """Give a table in which requests are counted: whoever has less patience than others has a breaker of its own.

        Args:
            name: the table's.
        """
        from fanin.stores.aws.table import AwsTable

        return AwsTable(self._calls("dynamodb", SPARED, Breaker("client limits", self._runtime.clock)), name)

    def queue(self, url: str, patience: Patience | None = None) -> "Queue":
        """Give a queue by its URL; `patience` as for a table."""
        from fanin.stores.aws.queue import AwsQueue

        return AwsQueue(self._spared_queues if patience is None else self._calls("sqs", patience), url)

    def bucket(self, name: str, patience: Patience) -> "Bucket":
        """Give a bucket by its name; nobody can do without one."""
        from fanin.stores.aws.bucket import AwsBucket

        return AwsBucket(self._calls("s3", patience), name)

    @cached_property
    def _spared_tables(self) -> Calls:
        return self._calls("dynamodb", SPARED, Breaker("dynamodb", self._runtime.clock))

    @cached_property
    def _spared_queues(self) -> Calls:
        return self._calls("sqs", SPARED, Breaker("sqs", self._runtime.clock))

    def _calls(self, service: str, patience: Patience, breaker: Breaker | None = None) -> Calls:
        return Calls(self.aws, service, patience, breaker=breaker, sleep=self._runtime.sleep)
