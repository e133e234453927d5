"""fanin.testing.issuer: its tokens and keys are read by joserfc, and by fanin."""

import json
import time
import urllib.request

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from fanin.testing.issuer import DISCOVERY, KEYS, Issuer

ALGORITHMS = ("RS256", "PS384", "ES256", "ES384", "ES512", "Ed25519")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_joserfc_reads_a_token_with_the_keys_that_are_served(algorithm: str) -> None:
    issuer = Issuer(algorithms=(algorithm,), now=lambda: 1000.9)
    token = jwt.decode(issuer.token({"scope": "a"}, audience="api"), KeySet.import_key_set(issuer.jwks), [algorithm])  # type: ignore[arg-type]
    assert token.header == {"alg": algorithm, "kid": f"{algorithm}-1", "typ": "JWT"}
    assert token.claims == {
        "iss": "https://issuer.example",
        "sub": "tester",
        "aud": "api",
        "iat": 1000,
        "exp": 1300,
        "scope": "a",
    }


def test_claims_and_members_of_the_header_are_replaced_or_left_out() -> None:
    issuer = Issuer()
    token = issuer.token({"sub": ..., "exp": 5}, header={"kid": ..., "typ": "at+jwt"})
    read = jwt.decode(token, KeySet.import_key_set(issuer.jwks), ["RS256"])  # type: ignore[arg-type]
    assert read.header == {"alg": "RS256", "typ": "at+jwt"}
    assert read.claims.keys() == {"iss", "iat", "exp"}
    assert read.claims["exp"] == 5


def test_new_keys_do_not_check_old_tokens() -> None:
    issuer = Issuer()
    before, token = issuer.jwks, issuer.token()
    issuer.rotate()
    jwt.decode(token, KeySet.import_key_set(before), ["RS256"])  # type: ignore[arg-type]
    with pytest.raises(InvalidKeyIdError):
        jwt.decode(token, KeySet.import_key_set(issuer.jwks), ["RS256"])  # type: ignore[arg-type]


def test_it_serves_its_description_and_its_keys_under_its_url() -> None:
    issuer = Issuer(now=time.time)
    with issuer.serving() as url:
        with urllib.request.urlopen(url + DISCOVERY, timeout=10) as answer:
            described = json.load(answer)
        assert (described["issuer"], described["jwks_uri"]) == (url, url + KEYS)
        with urllib.request.urlopen(described["jwks_uri"], timeout=10) as answer:
            assert json.load(answer) == issuer.jwks
    assert issuer.asked == [DISCOVERY, KEYS]
    assert issuer.url == "https://issuer.example"
