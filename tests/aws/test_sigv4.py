"""Signatures equal botocore's."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest import mock
from urllib.parse import quote

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from fanin.aws.credentials import Credentials
from fanin.aws.sigv4 import MAX_EXPIRES, presigned, sign
from fanin.engine.call import Request

NOW = datetime(2026, 6, 15, 13, 0, 5, tzinfo=UTC)
ROLE = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "AQoDYXdzEPT//////////wEXAMPLE/=+")
USER = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
HOSTS = ["https://ssm.eu-west-1.amazonaws.com", "http://127.0.0.1:4566", "https://host.example:443", "http://[::1]:80"]

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
segment = st.one_of(text, st.sampled_from(["", ".", "..", "a b", "~-_.", "a:b@c", "é", "+", "=", "%41"]))
path = st.lists(segment, max_size=5).map(lambda parts: "/" + "/".join(quote(part, safe="") for part in parts))
name = st.one_of(text.filter(bool), st.sampled_from(["a", "A", "b", "a-", "ä"]))
query = st.lists(st.tuples(name, st.one_of(text, st.sampled_from(["", "a=b", "+", " ", "~"]))), max_size=5).map(
    lambda pairs: "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
)
url = st.builds(
    lambda host, path, query: f"{host}{path}{'?' + query if query else ''}", st.sampled_from(HOSTS), path, query
)
value = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
headers = st.dictionaries(st.sampled_from(["X-Amz-Target", "Content-Type", "x-b", "X-A", "User-Agent"]), value).map(
    lambda headers: tuple(headers.items())
)
requests = st.builds(
    Request, st.sampled_from(["GET", "POST", "PUT", "DELETE"]), url, headers, st.none() | st.binary(max_size=64)
)
credentials = st.sampled_from([ROLE, USER])


@contextmanager
def botocore_at(now: datetime) -> Iterator[None]:
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        yield


def botocores(credentials: Credentials) -> BotocoreCredentials:
    return BotocoreCredentials(credentials.access_key, credentials.secret_key, credentials.token or None)


def signed_by_botocore(request: Request, credentials: Credentials, service: str) -> dict[str, str]:
    kind = auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth
    theirs = AWSRequest(request.method, request.url, dict(request.headers), request.body or b"")
    with botocore_at(NOW):
        kind(botocores(credentials), service, "eu-west-1").add_auth(theirs)
    return {name.lower(): value for name, value in theirs.headers.items()}


def signed_by_us(request: Request, credentials: Credentials, service: str) -> dict[str, str]:
    ours = sign(request, credentials=credentials, service=service, region="eu-west-1", now=NOW)
    assert (ours.method, ours.url, ours.body) == (request.method, request.url, request.body)
    return {name.lower(): value for name, value in ours.headers}


@given(requests, credentials)
def test_a_signature_is_botocores(request: Request, credentials: Credentials) -> None:
    assert signed_by_us(request, credentials, "ssm") == signed_by_botocore(request, credentials, "ssm")


@given(requests, credentials)
def test_a_signature_for_s3_is_botocores(request: Request, credentials: Credentials) -> None:
    assert signed_by_us(request, credentials, "s3") == signed_by_botocore(request, credentials, "s3")


@given(url, credentials, st.integers(1, MAX_EXPIRES))
def test_a_presigned_links_signature_is_botocores(url: str, credentials: Credentials, expires: int) -> None:
    """Botocore is given the query as it stands, which is what it does to its own operations' parameters."""
    ours = presigned(url, credentials=credentials, service="s3", region="eu-west-1", now=NOW, expires=expires)
    unsigned, _, signature = ours.partition("&X-Amz-Signature=")
    theirs = AWSRequest("GET", unsigned, {})
    theirs.context["timestamp"] = f"{NOW:%Y%m%dT%H%M%SZ}"
    signer = auth.S3SigV4QueryAuth(botocores(credentials), "s3", "eu-west-1", expires)
    to_sign = signer.string_to_sign(theirs, signer.canonical_request(theirs))
    assert signer.signature(to_sign, theirs) == signature


def test_a_presigned_link_is_botocores() -> None:
    link = "https://s3.eu-west-1.amazonaws.com/bucket/a%20key%2B%C3%A9.json"
    ours = presigned(link, credentials=ROLE, service="s3", region="eu-west-1", now=NOW, expires=300)
    theirs = AWSRequest("GET", link, {})
    with botocore_at(NOW):
        auth.S3SigV4QueryAuth(botocores(ROLE), "s3", "eu-west-1", 300).add_auth(theirs)
    assert theirs.url
    path, _, query = ours.partition("?")
    assert path == link
    assert sorted(query.split("&")) == sorted(theirs.url.partition("?")[2].split("&"))


@pytest.mark.parametrize("expires", [0, -1, MAX_EXPIRES + 1])
def test_a_link_is_good_for_a_week_at_most(expires: int) -> None:
    with pytest.raises(ValueError, match="604800"):
        presigned("https://s3/b/k", credentials=USER, service="s3", region="eu-west-1", now=NOW, expires=expires)


def test_what_was_signed_before_is_signed_anew_and_not_twice() -> None:
    request = Request("GET", "https://ssm.eu-west-1.amazonaws.com/")
    once = sign(request, credentials=ROLE, service="ssm", region="eu-west-1", now=NOW)
    assert sign(once, credentials=ROLE, service="ssm", region="eu-west-1", now=NOW) == once


def test_a_query_that_is_not_encoded_is_signed_as_aws_reads_it() -> None:
    raw = Request("GET", "https://ssm.eu-west-1.amazonaws.com/?t=12:30&p=a/b")
    encoded = Request("GET", "https://ssm.eu-west-1.amazonaws.com/?t=12%3A30&p=a%2Fb")
    assert signed_by_us(raw, USER, "ssm") == signed_by_us(encoded, USER, "ssm")


def test_credentials_do_not_show_what_is_secret() -> None:
    assert "wJalr" not in repr(ROLE)
    assert "AQoD" not in f"{ROLE!r} {ROLE}"
