"""The event of a request, as an HTTP API hands it to a Lambda function (payload 2.0), and the context beside it."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from fanin.config.template import Scalar, written

_AS_IT_IS = "/!$&'()*+,;=:@-._~%"
"""What may stand in a path, `%` of what is percent-encoded already included."""


class Context:
    """Lambda's context, with so much time left that the gateway's limit is what counts."""

    aws_request_id = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until Lambda ends the invocation."""
        return 900_000


def event_of(  # noqa: PLR0913 - a request's parts
    method: str,
    target: str,
    query: Mapping[str, Scalar | Sequence[Scalar]],
    headers: Mapping[str, str],
    body: bytes,
    *,
    address: str = "127.0.0.1",
) -> dict[str, Any]:
    """Make the event of a request.

    Args:
        method: the HTTP method.
        target: path and query; what of the path is not percent-encoded becomes so.
        query: more of the query's parameters; a list is sent item by item.
        headers: the request's headers.
        body: its body.
        address: where it comes from.
    """
    path, _, written_query = target.partition("?")
    raw_path = quote(path, safe=_AS_IT_IS)
    more = urlencode([(name, written(item)) for name, value in query.items() for item in _items(value)])
    return {
        "version": "2.0",
        "rawPath": raw_path,
        "rawQueryString": "&".join(filter(None, [written_query, more])),
        "headers": {"accept": "*/*", "host": "localhost", **{name.lower(): text for name, text in headers.items()}},
        "requestContext": {
            "http": {"method": method, "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": address},
            "requestId": "test-request",
            "stage": "$default",
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def _items(value: Scalar | Sequence[Scalar]) -> Sequence[Scalar]:
    return [value] if isinstance(value, str | int | float) else value
