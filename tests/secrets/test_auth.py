"""Each kind of `auth` as it goes over the wire, and what happens where it is refused."""

import base64
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest

from tests.secrets.conftest import Serve, Served, answered

OAUTH2 = """
    url = "HERE/a"
    auth = { oauth2 = { token_url = "HERE/token", client_id = "me+you", client_secret = "{!key}", scope = "r w" } }"""


def header(request: str, name: str) -> str | None:
    """Read a header of a request."""
    for line in request.partition("\r\n\r\n")[0].split("\r\n")[1:]:
        if line.lower().startswith(f"{name.lower()}: "):
            return line.partition(": ")[2]
    return None


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ('{ bearer = "{!key}" }', "Authorization", "Bearer s3cr/t"),
        ('{ header = { name = "X-Api-Key", value = "{!key}" } }', "X-Api-Key", "s3cr/t"),
        ('{ header = { name = "Authorization", value = "Token {!key}" } }', "Authorization", "Token s3cr/t"),
        (
            '{ basic = { user = "mé", password = "{!key}" } }',
            "Authorization",
            f"Basic {base64.b64encode('mé:s3cr/t'.encode()).decode()}",
        ),
    ],
)
def test_a_kind_that_is_a_header(serve: Serve, auth: str, name: str, value: str) -> None:
    served = serve(f'url = "HERE/a"\nheaders = {{ X-Own = "1" }}\nauth = {auth}', key="s3cr/t")
    assert served.ask().status == 200
    assert header(served.sent[0], name) == value
    assert header(served.sent[0], "X-Own") == "1"


@pytest.mark.parametrize(("url", "path"), [("HERE/a", "/a?the%20key="), ("HERE/a?b=c", "/a?b=c&the%20key=")])
def test_the_query(serve: Serve, url: str, path: str) -> None:
    served = serve(f'url = "{url}"\nauth = {{ query = {{ name = "the key", value = "{{!key}}" }} }}', key="s3cr/t&")
    assert served.ask().status == 200
    assert served.sent[0].startswith(f"GET {path}s3cr%2Ft%26 HTTP/1.1\r\n")


def test_a_signature_is_by_the_functions_own_credentials(serve: Serve) -> None:
    served = serve('url = "HERE/a/{item}?q={item}"\nauth = { sigv4 = { service = "lambda", region = "eu-north-1" } }')
    assert served.ask().status == 200
    signed = header(served.sent[0], "Authorization") or ""
    assert signed.startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/eu-north-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=" in signed
    assert header(served.sent[0], "X-Amz-Date")


def test_without_credentials_there_is_no_signature_and_no_call(serve: Serve) -> None:
    served = serve('url = "HERE/a"\nauth = { sigv4 = {} }')
    del served.environment["AWS_SECRET_ACCESS_KEY"]
    assert served.ask().sources == {"api": "secret-unavailable"}
    assert not served.sent


def token_server(*, accepts: Callable[[str], bool], expires: str = "3600") -> Callable[[bytes], bytes]:
    """Give out token-1, token-2, …, and answer whom holds one that is accepted."""
    given = 0

    def answer(request: bytes) -> bytes:
        nonlocal given
        if request.startswith(b"POST /token"):
            given += 1
            return answered(
                "200 OK", f'{{"access_token": "token-{given}", "token_type": "bearer", "expires_in": {expires}}}'
            )
        token = (header(request.decode(), "Authorization") or "").removeprefix("Bearer ")
        return answered("200 OK") if accepts(token) else answered("401 Unauthorized")

    return answer


def asked_for_tokens(served: Served) -> list[str]:
    return [request for request in served.sent if request.startswith("POST /token")]


def test_a_token_is_asked_for_once_and_kept(serve: Serve) -> None:
    served = serve(OAUTH2, token_server(accepts=lambda token: token == "token-1"), key="s3cr/t")
    assert [served.ask().status for _ in range(3)] == [200, 200, 200]
    (asked,) = asked_for_tokens(served)
    head, _, form = asked.partition("\r\n\r\n")
    assert parse_qs(form) == {"grant_type": ["client_credentials"], "scope": ["r w"]}
    assert header(head, "Content-Type") == "application/x-www-form-urlencoded"
    basic = base64.b64decode((header(head, "Authorization") or "").removeprefix("Basic ")).decode()
    assert basic == "me%2Byou:s3cr%2Ft"


def test_id_and_secret_may_go_into_the_body(serve: Serve) -> None:
    lines = OAUTH2.replace('scope = "r w"', 'audience = "https://api", client_auth = "body"')
    served = serve(lines, token_server(accepts=bool), key="s3cr/t")
    assert served.ask().status == 200
    head, _, form = asked_for_tokens(served)[0].partition("\r\n\r\n")
    assert header(head, "Authorization") is None
    assert parse_qs(form) == {
        "grant_type": ["client_credentials"],
        "client_id": ["me+you"],
        "client_secret": ["s3cr/t"],
        "audience": ["https://api"],
    }


def test_a_token_that_is_refused_is_asked_for_anew_once(serve: Serve) -> None:
    served = serve(OAUTH2, token_server(accepts=lambda token: token == "token-2"), key="s3cr/t")
    assert served.ask().status == 200
    assert len(asked_for_tokens(served)) == 2
    assert served.ask().status == 200
    assert len(asked_for_tokens(served)) == 2


def test_a_source_that_refuses_every_token_is_rejected(serve: Serve) -> None:
    served = serve(OAUTH2, token_server(accepts=lambda _: False), key="s3cr/t")
    assert served.ask().sources == {"api": "source-rejected"}
    assert len(asked_for_tokens(served)) == 2


def test_a_token_that_is_good_for_a_moment_is_used_half_of_it(serve: Serve) -> None:
    served = serve(OAUTH2, token_server(accepts=bool, expires="0.000002"), key="s3cr/t")
    assert [served.ask().status for _ in range(2)] == [200, 200]
    assert len(asked_for_tokens(served)) == 2


def test_a_secret_that_the_server_of_tokens_refuses_is_looked_up_anew(serve: Serve) -> None:
    environment: dict[str, str] = {}
    good = base64.b64encode(b"me%2Byou:second-value")

    def answer(request: bytes) -> bytes:
        environment["FANIN_SECRET_KEY"] = "second-value"
        if request.startswith(b"POST /token") and good not in request:
            return answered("401 Unauthorized", '{"error": "invalid_client"}')
        return answered("200 OK", '{"access_token": "token-1", "token_type": "Bearer", "expires_in": 60}')

    served = serve(OAUTH2, answer, key="first-value")
    environment = served.environment
    assert served.ask().status == 200


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ('"expires_in": null', 1),
        ('"expires_in": ""', 1),
        ('"expires_in": "3600"', 1),
        ('"expires_in": 0', 3),
        ('"expires_in": "0"', 3),
        ('"expires_in": -1', 3),
        ('"token_type": null', 1),
        ('"token_type": ""', 1),
        ('"token_type": "bearer"', 1),
        ('"token_type": "BearerToken"', 1),
    ],
)
def test_what_servers_of_tokens_write_is_read(serve: Serve, told: str, asked: int) -> None:
    """null is missing, a token that is good for no time is used once, and `token_type` names another type."""

    def answer(request: bytes) -> bytes:
        if request.startswith(b"POST /token"):
            return answered("200 OK", f'{{"access_token": "token-1", {told}}}')
        return answered("200 OK") if b"Bearer token-1\r\n" in request else answered("401 Unauthorized")

    served = serve(OAUTH2.replace('scope = "r w"', 'token_type = "BearerToken"'), answer, key="s3cr/t")
    assert [served.ask().status for _ in range(3)] == [200, 200, 200]
    assert len(asked_for_tokens(served)) == asked


def test_a_token_of_another_type_says_which_was_expected(serve: Serve) -> None:
    served = serve(
        OAUTH2, lambda _: answered("200 OK", '{"access_token": "a", "token_type": "BearerToken"}'), key="s3cr/t"
    )
    detail = served.ask().body["sources"]["api"]["detail"]
    assert detail == "the server of api's tokens gave one of another type than Bearer"


@pytest.mark.parametrize("accepts", ["token-2", "none"])
def test_both_requests_of_a_call_that_is_made_anew_are_counted(serve: Serve, accepts: str) -> None:
    """Requests for tokens are not: they do not ask the source."""
    served = serve(OAUTH2, token_server(accepts=lambda token: token == accepts), key="s3cr/t")
    reply = served.ask()
    assert "attempts=2" in reply.headers["fanin-sources"]
    if accepts == "none":
        assert reply.body["sources"]["api"]["attempts"] == 2
    assert len(served.sent) - len(asked_for_tokens(served)) == 2


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (
            answered("400 Bad Request", '{"error": "invalid_client", "error_description": "first-value"}'),
            "secret-unavailable",
        ),
        (answered("302 Found", headers="Location: /elsewhere\r\n"), "secret-unavailable"),
        (answered("503 Unavailable"), "source-unavailable"),
        (answered("200 OK", "oops"), "secret-unavailable"),
        (answered("200 OK", "[]"), "secret-unavailable"),
        (answered("200 OK", '{"access_token": ""}'), "secret-unavailable"),
        (answered("200 OK", '{"access_token": "a\\r\\nb"}'), "secret-unavailable"),
        (answered("200 OK", '{"access_token": "a", "token_type": "mac"}'), "secret-unavailable"),
        (answered("200 OK", '{"access_token": "a", "expires_in": "soon"}'), "secret-unavailable"),
        (b"no HTTP\r\n\r\n", "source-unavailable"),
    ],
)
def test_without_a_token_there_is_no_call(serve: Serve, answer: bytes, failure: str) -> None:
    served = serve(f"{OAUTH2}\nredirects = 2", lambda _: answer, key="first-value")
    reply = served.ask()
    assert reply.sources == {"api": failure}
    assert all(request.startswith("POST /token") for request in served.sent)
    assert b"first-value" not in reply.content


@pytest.mark.parametrize("origin", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize(
    "auth",
    [
        '{ bearer = "{!key}" }',
        '{ header = { name = "X-K", value = "{!key}" } }',
        '{ basic = { user = "u", password = "{!key}" } }',
    ],
)
def test_credentials_stay_at_their_origin(serve: Serve, auth: str, origin: str) -> None:
    def answer(request: bytes) -> bytes:
        port = (header(request.decode(), "Host") or "").partition(":")[2]
        if request.startswith(b"GET /a"):
            return answered("302 Found", headers=f"Location: http://{origin}:{port}/b\r\n")
        return answered("200 OK")

    served = serve(f'url = "HERE/a"\nredirects = 1\nauth = {auth}', answer, key="s3cr/t")
    assert served.ask().status == 200
    carried = [bool(header(request, "Authorization") or header(request, "X-K")) for request in served.sent]
    assert carried == [True, origin == "127.0.0.1"]


def test_credentials_come_after_what_the_client_hands_on(serve: Serve) -> None:
    served = serve('url = "HERE/a"\nforward = ["X-Trace"]\nauth = { bearer = "{!key}" }', key="s3cr/t")
    assert served.ask().status == 200
    assert header(served.sent[0], "Authorization") == "Bearer s3cr/t"


def test_what_a_source_answers_is_passed_on_as_it_is(serve: Serve) -> None:
    served = serve(
        'url = "HERE/a"\nauth = { bearer = "{!key}" }', lambda _: answered("200 OK", '{"you": "s3cr/t"}'), key="s3cr/t"
    )
    assert served.ask().body == {"api": {"you": "s3cr/t"}}
