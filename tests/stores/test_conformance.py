"""Tables, queues and buckets in memory and in AWS, which is moto's here, keep the same rules."""

from tests.stores.conformance import BucketRules, QueueRules, TableRules


class TestTable(TableRules): ...


class TestQueue(QueueRules): ...


class TestBucket(BucketRules): ...
