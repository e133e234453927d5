"""The function as Lambda runs it, over any fetches and somebody else's DynamoDB and SQS."""

import asyncio
import time
from collections.abc import Mapping
from functools import cache
from typing import Any, Self
from uuid import uuid4

import boto3

from fanin.aws.client import Aws
from fanin.compose.resources import Resources as Kept
from fanin.compose.websocket import live_over
from fanin.config import Config
from fanin.engine.call import Fetch, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Clock
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from tests.roots import tls_context

KEYS: dict[str, Any] = {
    "KeySchema": [
        {"AttributeName": "connection", "KeyType": "HASH"},
        {"AttributeName": "item", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "connection", "AttributeType": "S"},
        {"AttributeName": "item", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
"""What the table of connections is made with, as in template.yaml."""


@cache
def _session(region: str, key: str, secret: str) -> boto3.Session:
    """Give the one of this process: each new one reads the descriptions of AWS's services again."""
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name=region)


class Resources:
    """The function's table and queue.

    Args:
        environment: where AWS is.
        post: where messages are posted.
    """

    def __init__(self, environment: Mapping[str, str], post: str) -> None:
        keys = (environment.get(f"AWS_{name}", "a") for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
        session, url = _session(environment["AWS_REGION"], *keys), environment["AWS_ENDPOINT_URL"]
        self.table: Any = session.resource("dynamodb", endpoint_url=url).create_table(TableName=f"t-{uuid4()}", **KEYS)
        self.queue: Any = session.resource("sqs", endpoint_url=url).create_queue(QueueName=f"q-{uuid4()}")
        own = {"FANIN_CONNECTIONS": self.table.name, "FANIN_TURNS": self.queue.url, "FANIN_POST": post}
        self.environment = {**environment, **own}


class LambdaFunction:
    """One environment of the function: one invocation at a time.

    Args:
        resources: its table and queue.
        config: what it serves.
        fetches: the fetch of each source.
        now: gives the seconds since 1970.
    """

    def __init__(
        self, resources: Resources, config: Config, fetches: Mapping[str, Fetch], now: Clock = time.time
    ) -> None:
        self._loop = asyncio.new_event_loop()
        runtime = Runtime(now=now)
        pipelines = pipelines_of(config.sources, fetches, Shared(runtime))
        self._aws = Aws(resources.environment, tls_context())
        keepers = Kept(lambda: self._aws, runtime)
        self.handler = live_over(Catalogue(config), pipelines, runtime, keepers, resources.environment, loop=self._loop)

    def close(self) -> None:
        """End its connections, and its loop."""
        self._loop.run_until_complete(self._aws.aclose())
        self._loop.close()
        asyncio.set_event_loop(None)

    def __enter__(self) -> Self:
        """Give the environment; it is closed in the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()
