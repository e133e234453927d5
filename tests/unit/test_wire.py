"""fanin.sources.http.request and failures: what both clients send and say alike."""

import socket
import ssl
from itertools import pairwise

import httpx
import pytest
import requests

from fanin import __version__
from fanin.engine.call import Request
from fanin.errors import AddressRefused, SourceUnavailable
from fanin.sources.http.failures import (
    BadRequest,
    CannotConnect,
    ClosedUnanswered,
    CutShort,
    Malformed,
    TooMuch,
    address_refused,
    unreachable,
)
from fanin.sources.http.request import wire_headers


def test_fanin_says_who_it_is_and_what_it_reads() -> None:
    """With every request; a content type only where there is content."""
    headers = dict(wire_headers(Request("GET", "http://a.example/")))
    assert headers == {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": f"fanin/{__version__}"}
    assert dict(wire_headers(Request("POST", "http://a.example/", (), b"{}")))["Content-Type"] == "application/json"


def test_the_sources_own_headers_go_before_fanins() -> None:
    """By whatever case, and no name is sent twice."""
    own = (("user-agent", "x"), ("ACCEPT", "text/json"), ("content-type", "application/graphql+json"), ("X-Key", "k"))
    headers = wire_headers(Request("POST", "http://a.example/", own, b"{}"))
    assert headers[-4:] == list(own)
    assert len({name.lower() for name, _ in headers}) == len(headers)


def test_errors_name_the_source_and_no_address() -> None:
    """Details are for clients' eyes."""
    refused = OSError(111, "Connect call failed ('10.1.2.3', 8080)")
    assert isinstance(unreachable("geo", refused), SourceUnavailable)
    assert unreachable("geo", refused).detail == "geo cannot be reached"
    assert isinstance(address_refused("geo"), AddressRefused)
    assert "geo" in address_refused("geo").detail


def caused(*errors: BaseException) -> BaseException:
    """Give the first error, which the others led to."""
    for error, cause in pairwise(errors):
        error.__cause__ = cause
    return errors[0]


def of_a_certificate(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([requests.ConnectionError(), CutShort()], "closed the connection before its answer was whole"),
        ([httpx.RemoteProtocolError(""), ClosedUnanswered()], "closed the connection before its answer was whole"),
        ([ClosedUnanswered(), ssl.SSLError()], "closed the connection before its answer was whole"),
        ([httpx.RemoteProtocolError(""), Malformed("no chunk size")], "answered with invalid HTTP: no chunk size"),
        ([TooMuch("over 100 fields")], "answered with invalid HTTP: over 100 fields"),
        ([httpx.LocalProtocolError(""), BadRequest("no port")], "cannot be asked: no port"),
        ([CannotConnect("x"), socket.gaierror(-2, "x")], "cannot be reached: its name is not found"),
        ([httpx.ConnectError("x"), CannotConnect("x"), of_a_certificate(10)], "its certificate has expired"),
        ([CannotConnect("x"), of_a_certificate(62)], "its certificate is for another host"),
        ([CannotConnect("x"), of_a_certificate(18)], "cannot be reached: its certificate is not trusted"),
        ([CannotConnect("x"), ssl.SSLError("WRONG_VERSION_NUMBER")], "it makes no TLS connection"),
        ([CannotConnect("x"), ssl.SSLEOFError("x")], "geo cannot be reached"),
        ([CannotConnect("x"), ConnectionResetError("x")], "geo cannot be reached"),
    ],
)
def test_what_broke_is_said_by_what_led_to_it(errors: list[BaseException], said: str) -> None:
    """The outermost error that is known, whatever the client put around it."""
    assert unreachable("geo", caused(*errors)).detail.endswith(said)
