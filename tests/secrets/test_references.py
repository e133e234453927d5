"""A secret's value goes where it is referred to, and nowhere else."""

import json

from tests.secrets.conftest import Serve, answered

HOSTILE = 'a/b?c&d=é"\\{x} %41'


def test_a_secret_stands_in_query_path_header_and_body(serve: Serve) -> None:
    lines = """
        url = "HERE/v1/{!key}/{item}?appid={!key}&q={item}"
        method = "POST"
        headers = { X-Key = "<{!key}>", X-Item = "{item}" }
        body = { key = "{!key}", text = "it is {!key}", item = "{item}" }"""
    served = serve(lines, key="s3cr/t")
    assert served.ask("/get/a").status == 200
    assert served.sent[0].startswith("POST /v1/s3cr%2Ft/a?appid=s3cr%2Ft&q=a HTTP/1.1\r\n")
    assert "\r\nX-Key: <s3cr/t>\r\n" in served.sent[0]
    assert json.loads(served.sent[0].partition("\r\n\r\n")[2]) == {
        "key": "s3cr/t",
        "text": "it is s3cr/t",
        "item": "a",
    }


def test_whatever_a_secret_holds_stays_in_its_place(serve: Serve) -> None:
    served = serve('url = "HERE/a?k={!key}&b=c"\nmethod = "POST"\nbody = { k = "{!key}" }', key=HOSTILE)
    assert served.ask().status == 200
    head, _, body = served.sent[0].partition("\r\n\r\n")
    assert head.startswith("POST /a?k=a%2Fb%3Fc%26d%3D%C3%A9%22%5C%7Bx%7D%20%2541&b=c HTTP/1.1\r\n")
    assert json.loads(body) == {"k": HOSTILE}


def test_a_secret_that_would_end_a_header_is_refused(serve: Serve) -> None:
    served = serve('url = "HERE/a"\nheaders = { X-Key = "{!key}" }', key="a\r\nX-Admin: 1")
    reply = served.ask()
    assert (reply.status, reply.sources) == (502, {"api": "value-refused"})
    assert not served.sent
    assert b"Admin" not in reply.content


def test_a_parameter_that_looks_like_a_secret_stays_what_it_is(serve: Serve) -> None:
    served = serve('url = "HERE/a?q={item}"\nheaders = { X-Item = "{item}", X-Key = "{!key}" }', key="hidden-value")
    assert served.ask("/get/%7B!key%7D").status == 200
    assert served.sent[0].startswith("GET /a?q=%7B%21key%7D HTTP/1.1\r\n")
    assert "\r\nX-Item: {!key}\r\n" in served.sent[0]
    assert served.sent[0].count("hidden-value") == 1


def test_a_secret_that_is_not_there_is_a_failure_of_its_own_and_no_call(serve: Serve) -> None:
    served = serve('url = "HERE/a?k={!key}&l={!other}"', key="hidden-value")
    reply = served.ask()
    assert (reply.status, reply.sources) == (502, {"api": "secret-unavailable"})
    assert not served.sent
    assert b"a secret of api is missing" in reply.content
    assert b"hidden-value" not in reply.content


def test_an_empty_secret_is_none(serve: Serve) -> None:
    assert serve('url = "HERE/a?k={!key}"', key="").ask().sources == {"api": "secret-unavailable"}


def test_a_value_is_kept_and_looked_up_anew_when_the_source_refuses_it(serve: Serve) -> None:
    def answer(request: bytes) -> bytes:
        return answered("200 OK") if b"k=second-value" in request else answered("401 Unauthorized")

    served = serve('url = "HERE/a?k={!key}"', answer, key="first-value")
    assert served.ask().sources == {"api": "source-rejected"}
    served.environment["FANIN_SECRET_KEY"] = "second-value"
    before = len(served.sent)
    reply = served.ask()
    # Renewing in vain is not repeated at once: the first request has found nothing newer.
    assert reply.sources == {"api": "source-rejected"}
    assert len(served.sent) == before + 1


def test_a_newer_value_is_tried_once(serve: Serve) -> None:
    environment: dict[str, str] = {}

    def answer(request: bytes) -> bytes:
        if b"k=second-value" in request:
            return answered("200 OK")
        environment["FANIN_SECRET_KEY"] = "second-value"
        return answered("401 Unauthorized")

    served = serve('url = "HERE/a?k={!key}"', answer, key="first-value")
    environment = served.environment
    assert served.ask().status == 200
    assert ["second" in request for request in served.sent] == [False, True]


def test_a_source_that_refuses_every_value_is_asked_twice_at_most(serve: Serve) -> None:
    count = 0
    environment: dict[str, str] = {}

    def answer(_: bytes) -> bytes:
        nonlocal count
        count += 1
        environment["FANIN_SECRET_KEY"] = f"value-{count}"
        return answered("401 Unauthorized")

    served = serve('url = "HERE/a?k={!key}"', answer, key="value-0")
    environment = served.environment
    assert served.ask().sources == {"api": "source-rejected"}
    assert len(served.sent) == 2


def test_a_redirect_to_another_origin_takes_no_secret_along(serve: Serve) -> None:
    def answer(request: bytes) -> bytes:
        port = request.partition(b"Host: 127.0.0.1:")[2].partition(b"\r\n")[0].decode()
        if request.startswith(b"GET /a"):
            return answered("302 Found", headers=f"Location: http://localhost:{port}/b?x={{!key}}\r\n")
        return answered("200 OK")

    served = serve('url = "HERE/a"\nredirects = 2\nheaders = { X-Key = "{!key}" }', answer, key="hidden-value")
    assert served.ask().sources == {"api": "fresh"}
    assert len(served.sent) == 2
    assert "/b?x=%7B!key%7D " in served.sent[1], "braces are characters like others"
    assert "hidden-value" not in served.sent[1]
