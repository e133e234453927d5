"""The ways to call AWS: each imports its library and gets one item from DynamoDB at `AWS_ENDPOINT_URL`."""

import asyncio
import os
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_ITEM = {"TableName": "table", "Key": {"key": {"S": "a"}}}
_REGION = "eu-west-1"


def nothing(tls: ssl.SSLContext) -> None:
    """Call nothing: what all others are compared with."""


def boto3_client(tls: ssl.SSLContext) -> Any:
    """A client of boto3's, as most functions have it."""
    import boto3

    return boto3.client("dynamodb", region_name=_REGION).get_item(**_ITEM)


def botocore_client(tls: ssl.SSLContext) -> Any:
    """The same without boto3 around it."""
    from botocore.session import Session

    return Session().create_client("dynamodb", region_name=_REGION).get_item(**_ITEM)


def aiobotocore_client(tls: ssl.SSLContext) -> Any:
    """Clients like boto3's, for asyncio."""

    async def call() -> Any:
        from aiobotocore.session import get_session

        async with get_session().create_client("dynamodb", region_name=_REGION) as client:
            return await client.get_item(**_ITEM)

    return asyncio.run(call())


def botocore_signatures(tls: ssl.SSLContext) -> Any:
    """Signatures of botocore's alone, over fanin's transport."""

    async def call() -> Any:
        import orjson
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        from fanin.aws import protocol
        from fanin.aws.reach import aws_resolver
        from fanin.engine.call import Request
        from fanin.sources.http.loop.client import Transport, exchange

        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem"}
        signed = AWSRequest("POST", f"{os.environ['AWS_ENDPOINT_URL']}/", headers, orjson.dumps(_ITEM))
        key = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(key, "dynamodb", _REGION).add_auth(signed)
        request = Request("POST", signed.url, tuple(signed.headers.items()), signed.data)
        transport = Transport(resolve=aws_resolver({}).resolve_async, ssl_context=tls)
        response = await exchange(transport, "dynamodb", request, max_bytes=protocol.MAX_ANSWER)
        await transport.aclose()
        return protocol.json_answer(response)

    return asyncio.run(call())


def own(tls: ssl.SSLContext) -> Any:
    """The client of this repository."""

    async def call() -> Any:
        from fanin.aws.client import Aws

        aws = Aws(os.environ, tls, now=lambda: datetime.now(UTC))
        answer = await aws.call("dynamodb", "GetItem", _ITEM, timeout=10)
        await aws.aclose()
        return answer

    return asyncio.run(call())


def own_blocking(tls: ssl.SSLContext) -> Any:
    """Its twin over requests."""
    from fanin.aws.client_blocking import BlockingAws

    aws = BlockingAws(os.environ, tls)
    answer = aws.call("dynamodb", "GetItem", _ITEM, timeout=10)
    aws.close()
    return answer


CANDIDATES: Mapping[str, Callable[[ssl.SSLContext], Any]] = {
    "(nothing)": nothing,
    "boto3": boto3_client,
    "botocore's client": botocore_client,
    "aiobotocore": aiobotocore_client,
    "botocore's signatures, own transport": botocore_signatures,
    "own": own,
    "own, blocking": own_blocking,
}


FUNCTIONS: Mapping[str, Sequence[str]] = {
    "bare": (),
    "gateway": ("asyncio", "fastapi", "mangum", "fanin.sources.http.fetch"),
    "sync": ("fanin.sources.http.blocking_fetch",),
}
"""What each function has imported before it calls AWS; a bare one nothing."""
