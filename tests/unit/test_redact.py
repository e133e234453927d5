"""fanin.observability.redact: what no log line shows."""

import pytest

from fanin.observability.redact import HIDDEN, names_credential, redactor

HIDE = redactor()
SECRET = "hunter2-Zx9_qQ~v"

LEAKS = [
    "Authorization: Bearer {}",
    "authorization: {}",
    "Proxy-Authorization: Basic {}",
    "headers: [('Authorization', 'Bearer {}'), ('Accept', '*/*')]",
    "{{'authorization': 'token {}'}}",
    '{{"Authorization":"{}"}}',
    "(b'authorization', b'Bearer {}')",
    "Cookie: session={}; theme=dark",
    "Set-Cookie: id={}; HttpOnly",
    "sent bearer {} to geo",
    "https://user:{}@api.example/x",
    "https://{}@api.example/x",
    "postgresql://user:p@{}@db.example/x",
    "GET /x?appid={}&q=Lisbon HTTP/1.1",
    "GET /x?q=Lisbon&access_token={}",
    "/x?api_key={}#top",
    "/x?key={} timed out",
    "/x?X-Amz-Signature={}&X-Amz-Date=1",
    "/x?sig={}",
    "('X-Api-Key', '{}')",
    "X-Api-Key: {}",
    "password='{} with spaces'",
    "client_secret = {}",
    '{{"client_secret": "{}"}}',
    "aws_secret_access_key={}",
    "refresh-token: {}",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n{}",
]


@pytest.mark.parametrize("text", LEAKS)
def test_what_looks_like_a_credential_is_hidden(text: str) -> None:
    """By the name before it, or by its place in a URL."""
    shown = HIDE(text.format(SECRET))
    assert "hunter2" not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln in a text", "*** in a text"),
        ("key AKIAIOSFODNN7EXAMPLE", "key ***"),
        ("got fanin_wq7zba65a2r2_hVaRX0t1ZLqwI2WLaJz6WZmP4S2nihy2, once", "got fanin_wq7zba65a2r2_***, once"),
        ("connect to 10.0.0.5:443", "connect to ***:443"),
        ("('192.168.1.20', 80)", "('***', 80)"),
        ("169.254.169.254", "***"),
        ("[fd00:ec2::254]:80 and ::1", "[***]:80 and ***"),
        ("::ffff:10.0.0.5", "***"),
        ("HTTPSConnectionPool(host='db.prod.internal', port=443)", "HTTPSConnectionPool(host='***', port=443)"),
        ("http://cache.default.svc.cluster.local:6379/", "http://***:6379/"),
    ],
)
def test_tokens_keys_and_internal_addresses_are_hidden(text: str, shown: str) -> None:
    """Wherever they stand."""
    assert HIDE(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "geo did not answer within 800 ms",
        "ConnectError from ConnectionRefusedError",
        "/trip/Lisbon",
        "https://api.example/x?q=Lisbon&days=3",
        "8.8.8.8 answered at 12:30:45",
        "2606:4700:4700::1111",
        "module::name",
        "fanin/0.1.0",
        "a token is missing",
        "",
    ],
)
def test_what_is_harmless_stays(text: str) -> None:
    """A log from which everything is gone is of no use."""
    assert HIDE(text) == text


def test_known_secrets_are_hidden_first() -> None:
    """Whatever they look like."""
    hide = redactor(lambda text: text.replace("plain", HIDDEN))
    assert hide("plain words, plain") == "*** words, ***"


@pytest.mark.parametrize("name", ["password", "X-Api-Key", "Authorization", "set-cookie", "client_secret"])
def test_names_of_credentials_are_known(name: str) -> None:
    """What stands under them needs no look."""
    assert names_credential(name)
    assert not names_credential("status")
