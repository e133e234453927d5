"""Tokens of issuers that nobody here wrote: an OpenID provider, and Cognito as moto has it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from oidc_provider_mock import run_server_in_thread

from fanin.errors import RequestError
from tests.callers.jwt.reaching import CLIENTS, Identify
from tests.faults.process import LOOPBACK


@pytest.fixture(params=CLIENTS)
def identify(request: pytest.FixtureRequest) -> Iterator[Identify]:
    with CLIENTS[request.param](LOOPBACK) as made:
        yield made


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


def signed_in(provider: str, client_id: str, subject: str) -> str:
    """Sign a user in, by the authorization code flow; give the ID token."""
    home = "http://localhost/home"
    asked = {"client_id": client_id, "redirect_uri": home, "response_type": "code", "scope": "openid email"}
    form = requests.post(
        f"{provider}/oauth2/authorize", params=asked, data={"sub": subject}, allow_redirects=False, timeout=10
    )
    code = parse_qs(urlsplit(form.headers["Location"]).query)["code"][0]
    traded = {"grant_type": "authorization_code", "code": code, "redirect_uri": home}
    token = requests.post(f"{provider}/oauth2/token", data=traded, auth=(client_id, "secret"), timeout=10)
    return str(token.json()["id_token"])


def test_an_openid_provider_signs_a_user_in(identify: Identify, provider: str) -> None:
    token = signed_in(provider, "shop", "ada@example.com")
    claims = identify(token, issuer=provider, audience="shop").claims
    assert (claims["sub"], claims["email"]) == ("ada@example.com", "ada@example.com")
    with pytest.raises(RequestError, match="another audience"):
        identify(token, issuer=provider, audience="another")
    with pytest.raises(RequestError, match="the signature is wrong"):
        identify(f"{token[:-8]}AAAAAAAA", issuer=provider, audience="shop")


class Pool:
    """A user pool of Cognito, and a user."""

    def __init__(self, url: str) -> None:
        cognito: Any = boto3.client(
            "cognito-idp",
            region_name="eu-west-1",
            endpoint_url=url,
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
        )
        self.id = cognito.create_user_pool(PoolName="shop")["UserPool"]["Id"]
        flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
        client = cognito.create_user_pool_client(UserPoolId=self.id, ClientName="web", ExplicitAuthFlows=flows)
        self.client = client["UserPoolClient"]["ClientId"]
        user = {"UserPoolId": self.id, "Username": "ada"}
        cognito.admin_create_user(**user)
        cognito.admin_set_user_password(**user, Password="Sommer-2026!", Permanent=True)
        answer = cognito.admin_initiate_auth(
            UserPoolId=self.id,
            ClientId=self.client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ada", "PASSWORD": "Sommer-2026!"},
        )
        self.tokens = answer["AuthenticationResult"]
        self.issuer = f"https://cognito-idp.eu-west-1.amazonaws.com/{self.id}"
        self.keys = f"{url}/{self.id}/.well-known/jwks.json"


@pytest.fixture(scope="module")
def pool(moto: str) -> Pool:
    return Pool(moto)


def test_cognitos_access_tokens_have_their_client_in_the_place_of_an_audience(identify: Identify, pool: Pool) -> None:
    table = {
        "issuer": pool.issuer,
        "keys": pool.keys,
        "audience": pool.client,
        "scopes": ["aws.cognito.signin.user.admin"],
    }
    claims = identify(pool.tokens["AccessToken"], **table).claims
    assert (claims["username"], claims["token_use"]) == ("ada", "access")
    assert "aud" not in claims
    with pytest.raises(RequestError, match="another audience"):
        identify(pool.tokens["AccessToken"], **{**table, "audience": "another"})


def test_cognitos_id_tokens_have_no_scopes(identify: Identify, pool: Pool) -> None:
    table = {"issuer": pool.issuer, "keys": pool.keys, "audience": pool.client}
    assert identify(pool.tokens["IdToken"], **table).claims["cognito:username"] == "ada"
    with pytest.raises(RequestError) as refused:
        identify(pool.tokens["IdToken"], **table, scopes=["orders:read"])
    assert refused.value.status == 403


def test_another_pools_tokens_are_refused_although_one_key_signs_both(
    identify: Identify, moto: str, pool: Pool
) -> None:
    other = Pool(moto)
    with pytest.raises(RequestError, match="another issuer"):
        identify(other.tokens["AccessToken"], issuer=pool.issuer, keys=pool.keys, audience=other.client)
