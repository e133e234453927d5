"""Tokens for databases are botocore's, whatever host, user and credentials."""

from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.session import Session

from fanin.aws.credentials import Credentials
from fanin.config.login import Login
from fanin.credentials.auth.database_token import database_token

REGION = "eu-west-1"


@pytest.mark.parametrize("token", ["", "to/k+en=="])
@pytest.mark.parametrize("user", ["web", "web app", "wéb", "a&b=c", "a/b"])
@pytest.mark.parametrize("port", [5432, 6432])
def test_the_token_is_botocores(user: str, port: int, token: str) -> None:
    host = "shop.abc.eu-west-1.rds.amazonaws.com"
    theirs = _client(token).generate_db_auth_token(host, port, user)
    made = datetime.strptime(_query(theirs)["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = database_token(Login(host, port, user), Credentials("AKIDEXAMPLE", "secret/key", token), REGION, made)
    assert ours.partition("?")[0] == theirs.partition("?")[0]
    assert _query(ours) == _query(theirs)


@cache
def _client(token: str) -> Any:
    """Make botocore's client, which takes it a tenth of a second."""
    session = Session()
    session.set_credentials("AKIDEXAMPLE", "secret/key", token or None)
    return session.create_client("rds", region_name=REGION)


def _query(token: str) -> dict[str, list[str]]:
    return parse_qs(token.partition("?")[2], strict_parsing=True)
