"""Events as Lambda hands them over, and the context that comes with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

type Pairs = Sequence[tuple[str, str]]


@dataclass
class FakeContext:
    """Lambda's context, with a fixed remaining time."""

    aws_request_id: str = "lambda-id"
    remaining_ms: int = 30_000

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until Lambda ends the invocation."""
        return self.remaining_ms


def payload_2(path: str = "/", query: str = "", *, method: str = "GET", **more: Any) -> dict[str, Any]:
    """Make an HTTP API's event, payload 2.0."""
    context = {"http": {"method": method, "path": path}, "stage": "$default", "requestId": "gateway-id"}
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "api.example"},
        "requestContext": context,
        "isBase64Encoded": False,
    } | more


def payload_1(path: str = "/", query: Pairs = (), *, method: str = "GET", **more: Any) -> dict[str, Any]:
    """Make a REST API's event, payload 1.0."""
    return {
        "version": "1.0",
        "httpMethod": method,
        "path": path,
        "headers": {"Host": "api.example"},
        "multiValueHeaders": {"Host": ["api.example"]},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": multiple(query) or None,
        "requestContext": {"stage": "prod", "requestId": "gateway-id", "httpMethod": method},
        "body": None,
        "isBase64Encoded": False,
    } | more


def alb(path: str = "/", query: Pairs = (), *, method: str = "GET", **more: Any) -> dict[str, Any]:
    """Make a load balancer's event, its query percent-encoded as the client sent it."""
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/t/1"}},
        "httpMethod": method,
        "path": path,
        "queryStringParameters": dict(query),
        "headers": {"host": "api.example"},
        "body": "",
        "isBase64Encoded": False,
    } | more


def alb_multi(path: str = "/", query: Pairs = (), *, method: str = "GET", **more: Any) -> dict[str, Any]:
    """Make the event of a load balancer whose target group has multi-value headers switched on."""
    event = alb(path, method=method)
    del event["headers"], event["queryStringParameters"]
    several = {"multiValueHeaders": {"host": ["api.example"]}, "multiValueQueryStringParameters": multiple(query)}
    return event | several | more


def multiple(pairs: Pairs) -> dict[str, list[str]]:
    """Collect each key's values, as the multi-value maps of events have them."""
    collected: dict[str, list[str]] = {}
    for key, value in pairs:
        collected.setdefault(key, []).append(value)
    return collected
