"""Whose address a request counts for, behind proxies that may be believed and clients that may not."""

import time
from typing import Any

import pytest

from fanin.compose.client_limits import client_limits
from fanin.config.finding import ConfigError
from fanin.contract.client_address import MOST_PROXIES, Proxies, address_of
from fanin.contract.client_limit import ClientCounts
from fanin.engine.call import Runtime
from fanin.engine.invocation import Network
from fanin.entrypoints.servers.asgi import invocation_of

PEER, CLIENT, LIE = "10.0.0.9", "198.51.100.7", "203.0.113.66"


def client(proxies: str, forwarded: str, peer: str = PEER) -> str:
    return Proxies.of(proxies).client(Network(peer, forwarded=forwarded))


@pytest.mark.parametrize("forwarded", ["", CLIENT, f"{LIE}, {CLIENT}", "nonsense"])
def test_without_proxies_only_the_peer_is_believed(forwarded: str) -> None:
    assert client("", forwarded) == PEER
    assert client("0", forwarded) == PEER


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counts"),
    [
        ("1", CLIENT, CLIENT),
        ("1", f"{LIE}, {CLIENT}", CLIENT),
        ("1", f"{LIE},{LIE},{LIE} ,\t{CLIENT} ", CLIENT),
        ("1", f"{LIE}, nonsense", PEER),
        ("1", "", PEER),
        ("1", ",", PEER),
        ("2", f"{LIE}, {CLIENT}, 10.0.0.8", CLIENT),
        ("2", f"{LIE}, nonsense, 10.0.0.8", PEER),
        ("2", CLIENT, PEER),
        ("10.0.0.0/8", CLIENT, CLIENT),
        ("10.0.0.0/8", f"{LIE}, {CLIENT}", CLIENT),
        ("10.0.0.0/8", f"{LIE}, {CLIENT}, 10.0.0.8", CLIENT),
        ("10.0.0.0/8", f"{LIE}, {CLIENT}, 10.9.9.9, 10.0.0.8", CLIENT),
        ("10.0.0.0/8", f"{LIE}, nonsense, 10.0.0.8", "10.0.0.8"),
        ("10.0.0.0/8", "10.1.1.1", "10.1.1.1"),
        ("10.0.0.0/8", "", PEER),
        ("192.0.2.0/24", f"{LIE}, {CLIENT}", PEER),
        ("10.0.0.0/8 fd00::/8", f"{LIE}, {CLIENT}, fd00::1", CLIENT),
    ],
)
def test_only_entries_of_proxies_are_believed(proxies: str, forwarded: str, counts: str) -> None:
    assert client(proxies, forwarded) == counts


def test_behind_a_unix_socket_a_number_of_proxies_says_who_asks() -> None:
    assert client("1", f"{LIE}, {CLIENT}", peer="") == CLIENT
    assert client("10.0.0.0/8", CLIENT, peer="") == ""


def test_long_header_is_read_from_its_end_only() -> None:
    long = f"{LIE}," * 200_000
    assert client("1", f"{long}{CLIENT}") == CLIENT
    assert client("10.0.0.0/8", f"{long}{CLIENT}") == CLIENT
    assert client("10.0.0.0/8", "10.0.0.1," * 200_000) == PEER
    assert client("1", "9" * 200_000) == PEER


def test_header_in_several_lines_is_one_list() -> None:
    lines = [(b"X-Forwarded-For", LIE.encode()), (b"x-forwarded-for", CLIENT.encode())]
    network = invocation_of({"client": (PEER, 1), "headers": lines}).network
    assert network.forwarded == f"{LIE},{CLIENT}"
    assert Proxies.of("2").client(network) == LIE


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8::1", "2001:db8::1"),
    ],
)
def test_address_is_read_however_it_is_written(text: str, address: str) -> None:
    assert str(address_of(text)) == address


@pytest.mark.parametrize(
    "text", ["", "unknown", "_hidden", "1.2.3", "192.0.2.1:x", "[::1", "٣.1.1.1", "1" * 101, "\x00"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert address_of(text) is None


def test_ipv6_counts_by_its_network() -> None:
    assert client("", "", peer="2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert client("", "", peer="::ffff:192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("all", "all"),
        ("10.0.0.1/8", "host bits"),
        (str(MOST_PROXIES + 1), "over 16"),
        ("9" * 5000, "over 16"),
        ("-1", "-1"),
        (" ".join(["10.0.0.0/8"] * 17), "over 16"),
    ],
)
def test_environment_that_names_no_proxies_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        client_limits({"FANIN_PROXIES": text}, Runtime(), ClientCounts(time.time), _none, _none)
    [finding] = refused.value.findings
    assert (finding.rule, finding.key) == ("bad-proxies", ("FANIN_PROXIES",))
    assert says in finding.message
    assert len(finding.message) < 200


def _none() -> Any:
    raise AssertionError
