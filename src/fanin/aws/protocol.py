"""What goes to AWS's services and comes back, whichever client carries it."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from fanin.aws.credentials import Credentials
from fanin.aws.endpoint import endpoint, region_of
from fanin.aws.errors import AwsError, AwsThrottled, AwsUnavailable
from fanin.aws.sigv4 import presigned, sign
from fanin.config.values import Json
from fanin.engine.call import Request, Response

MAX_ANSWER = 20_000_000
"""Bytes of an answer: more than the largest of DynamoDB's, 16 MB."""

_JSON_PROTOCOLS = {
    "dynamodb": ("DynamoDB_20120810", "1.0"),
    "secretsmanager": ("secretsmanager", "1.1"),
    "sqs": ("AmazonSQS", "1.0"),
    "ssm": ("AmazonSSM", "1.1"),
}
"""What each service's operations are called after in `X-Amz-Target`, and its version of the protocol."""

_LATER = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes of requests that are refused for their number."""
_XML_CODE = re.compile(rb"<Code>([^<]{1,200})</Code>")
_XML_MESSAGE = re.compile(rb"<Message>([^<]{1,2000})</Message>")


def json_request(
    environment: Mapping[str, str], service: str, operation: str, payload: Mapping[str, Json], now: datetime
) -> Request:
    """Make the request for an operation of a service that speaks JSON.

    Args:
        environment: where credentials, region and endpoints are named.
        service: dynamodb, secretsmanager, sqs or ssm.
        operation: as AWS's API reference names it: `GetItem`.
        payload: its arguments.
        now: the time, in UTC.

    Raises:
        AwsUnavailable: the environment lacks credentials or a region.
    """
    target, version = _JSON_PROTOCOLS[service]
    headers = (("Content-Type", f"application/x-amz-json-{version}"), ("X-Amz-Target", f"{target}.{operation}"))
    return rest_request(environment, service, "POST", "/", headers=headers, body=orjson.dumps(payload), now=now)


def rest_request(  # noqa: PLR0913 - what a request is made of
    environment: Mapping[str, str],
    service: str,
    method: str,
    path: str,
    *,
    query: Iterable[tuple[str, str]] = (),
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    base: str = "",
    now: datetime,
) -> Request:
    """Make a signed request for a service whose operations are methods and paths.

    Args:
        environment: where credentials, region and endpoints are named.
        service: such as s3 or execute-api.
        method: the HTTP method.
        path: from its first slash, nothing encoded; an S3 object's is /bucket/key.
        query: names and values, nothing encoded.
        headers: names and values.
        body: what is sent.
        base: the URL that the path stands behind; without it, the service's in the region.
        now: the time, in UTC.

    Raises:
        AwsUnavailable: the environment lacks credentials or a region.
    """
    region = region_of(environment)
    url = (base.rstrip("/") or endpoint(service, region, environment)) + quote(path, safe="/~@")
    if pairs := "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query):
        url += f"?{pairs}"
    # A body of no bytes stays one: PUT and POST have a length.
    request = Request(method, url, tuple(headers), body or (b"" if method in {"POST", "PUT"} else None))
    return sign(request, credentials=Credentials.of(environment), service=service, region=region, now=now)


def link(environment: Mapping[str, str], service: str, path: str, *, expires: int, now: datetime) -> str:
    """Sign a link; arguments and errors are those of `Aws.link`, and of the requests above."""
    region = region_of(environment)
    return presigned(
        endpoint(service, region, environment) + quote(path, safe="/~@"),
        credentials=Credentials.of(environment),
        service=service,
        region=region,
        now=now,
        expires=expires,
    )


def json_answer(response: Response) -> Any:
    """Read what an operation answered; None where that is nothing.

    Raises:
        AwsError: the service refused it.
        AwsUnavailable: the service is out of order, or asks to be asked later.
    """
    response = succeeded(response)
    try:
        return orjson.loads(response.body) if response.body else None
    except orjson.JSONDecodeError as error:
        raise AwsUnavailable("AWS answered with something that is not JSON") from error


def succeeded(response: Response) -> Response:
    """Give a response that says that all went well; raises as `json_answer` does."""
    if 200 <= response.status < 300:
        return response
    code, message = _error(response)
    said = f"AWS answered with status {response.status}, {code or 'no code'}"
    if response.status == 429 or code in _LATER:
        raise AwsThrottled(said)
    if response.status >= 500:
        raise AwsUnavailable(said)
    raise AwsError(code, response.status, message)


def _error(response: Response) -> tuple[str, str]:
    """Read code and message of an error: from headers and JSON, or, as S3 has it, from XML."""
    code, message = response.headers.get("x-amzn-errortype", ""), ""
    try:
        told = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        in_xml = [found and found[1].decode(errors="replace") for found in _in_xml(response.body)]
        code, message = code or in_xml[0] or "", in_xml[1] or ""
    else:
        if isinstance(told, dict):
            code = code or str(told.get("__type") or told.get("code") or "")
            message = str(told.get("message") or told.get("Message") or "")
    return code.partition(":")[0].rpartition("#")[2], message


def _in_xml(body: bytes) -> tuple[re.Match[bytes] | None, re.Match[bytes] | None]:
    return _XML_CODE.search(body), _XML_MESSAGE.search(body)
