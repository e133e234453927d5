"""What API Gateway, a load balancer and servers say of the client, whatever the event's format."""

from typing import Any

import pytest

from fanin.engine.invocation import Network
from fanin.entrypoints.aws_lambda.event import parse
from fanin.entrypoints.servers.asgi import invocation_of


def http_api(**context: Any) -> Network:
    http = {"method": "GET", "path": "/", "sourceIp": "192.0.2.1"}
    event = {"rawPath": "/", "requestContext": {"http": http, **context}}
    return parse(event).network


def rest_api(headers: dict[str, str] | None = None, **context: Any) -> Network:
    return parse({"httpMethod": "GET", "path": "/", "headers": headers or {}, "requestContext": context}).network


def test_address_is_that_which_api_gateway_saw() -> None:
    assert http_api() == Network("192.0.2.1")
    assert rest_api(identity={"sourceIp": "192.0.2.1", "userArn": None}) == Network("192.0.2.1")


def test_load_balancer_appends_the_address_that_it_saw() -> None:
    assert rest_api({"x-forwarded-for": "198.51.100.9, 192.0.2.1"}, elb={}) == Network("192.0.2.1")


@pytest.mark.parametrize(
    "authorizer", [{"jwt": {"claims": {"sub": "ada"}, "scopes": None}}, {"lambda": {"sub": "ada"}}]
)
def test_authorizer_of_an_http_api_gives_claims(authorizer: dict[str, Any]) -> None:
    assert http_api(authorizer=authorizer).authorizer == {"sub": "ada"}


def test_authorizer_of_a_rest_api_gives_claims_or_its_context() -> None:
    assert rest_api(authorizer={"claims": {"sub": "ada"}}).authorizer == {"sub": "ada"}
    assert rest_api(authorizer={"principalId": "ada"}).authorizer == {"principalId": "ada"}


def test_signature_that_was_checked_says_who_signed() -> None:
    arn = "arn:aws:iam::123456789012:user/ada"
    assert http_api(authorizer={"iam": {"userArn": arn}}).iam == {"userArn": arn}
    assert rest_api(identity={"userArn": arn}).iam == {"userArn": arn}


def test_authorizer_that_a_client_speaks_of_is_none() -> None:
    assert http_api(authorizer="ada") == Network("192.0.2.1")
    assert rest_api({"authorizer": "ada"}) == Network()


def test_server_knows_who_is_at_the_other_end() -> None:
    assert invocation_of({"client": ("192.0.2.1", 4711)}).network == Network("192.0.2.1")
    assert invocation_of({"client": None}).network == Network()
