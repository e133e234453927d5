"""Each fault is what it says, read from the bare connection."""

import json
import time

import pytest

from fanin.local.upstream.process import Upstream

EURO = "/frankfurter/v1/latest?symbols=USD"
BODY = b'{"amount":1.0,"base":"EUR","date":"2026-06-12","rates":{"USD":1.1624}}'
DRIP = 0.05
"""Seconds between two dripped bytes, as conftest starts the upstream."""


def test_status_answers_with_that_status(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "status", "status": 418}})
    answer = upstream.ask(EURO)
    assert answer.status == 418
    assert answer.json["error"] is True


def test_hang_takes_the_request_in_and_sends_nothing(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "hang"}})
    with upstream.send(EURO) as connection:
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_drip_sends_the_head_at_once_and_the_body_byte_by_byte(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "drip"}})
    with upstream.send(EURO) as connection:
        head, _, body = connection.recv(4096).partition(b"\r\n\r\n")
        assert f"Content-Length: {len(BODY)}".encode() in head
        begun = time.monotonic()
        while len(body) < 5:
            body += (drop := connection.recv(4096))
            assert len(drop) <= 2
        assert body == BODY[: len(body)]
        assert time.monotonic() - begun >= 3 * DRIP


def test_drip_headers_sends_even_the_first_line_byte_by_byte(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "drip-headers"}})
    with upstream.send(EURO) as connection:
        begun, head = time.monotonic(), b""
        while len(head) < 5:
            head += (drop := connection.recv(4096))
            assert len(drop) <= 2
        assert head == b"HTTP/1.1 200 OK"[: len(head)]
        assert time.monotonic() - begun >= 3 * DRIP


def test_endless_goes_on_for_as_long_as_anybody_reads(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "endless"}})
    with upstream.send(EURO) as connection:
        read = 0
        while read < 20_000_000:
            piece = connection.recv(1_000_000)
            assert piece
            read += len(piece)
    assert upstream.get("/_control")["frankfurter"] == {"fail": "endless"}


def test_reset_ends_the_connection_with_an_error(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "reset"}})
    with upstream.send(EURO) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_close_ends_the_connection_without_a_byte(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "close"}})
    with upstream.send(EURO) as connection:
        assert connection.recv(1) == b""


def test_garbage_is_called_json_and_is_none(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "garbage"}})
    answer = upstream.ask(EURO)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/json")
    with pytest.raises(UnicodeDecodeError):
        json.loads(answer.body)


def test_truncated_ends_before_its_content_length(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "truncated"}})
    with upstream.send(EURO) as connection:
        received = b""
        while piece := connection.recv(4096):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(BODY) + 1000}".encode() in head
    assert body == BODY


@pytest.mark.parametrize("length", [100, 65_536, 3_000_000])
def test_huge_is_valid_json_of_the_length_that_was_asked_for(upstream: Upstream, length: int) -> None:
    upstream.rules({"frankfurter": {"fail": "huge", "bytes": length}})
    answer = upstream.ask(EURO)
    assert len(answer.body) == length
    assert answer.json.keys() == {"padding"}


def test_an_error_of_the_api_can_drip_too(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "drip"}})
    with upstream.send("/frankfurter/v1/latest?base=KES") as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 404 Not Found")


def test_a_kept_connection_serves_again_after_a_failure(upstream: Upstream) -> None:
    upstream.rules({"frankfurter": {"fail": "status", "status": 503, "times": 1}})
    with upstream.send(EURO) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 503 ")
        connection.sendall(b"GET /frankfurter/v1/latest?symbols=USD HTTP/1.1\r\nHost: upstream\r\n\r\n")
        assert connection.recv(4096).endswith(BODY)
