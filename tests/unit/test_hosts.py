"""fanin.local.process.hosts: which hosts a server of a laptop answers for."""

import pytest
from django.http.request import split_domain_port, validate_host

from fanin.local.process import hosts

LISTED = ["127.0.0.1", "localhost", "[::1]", "a.example", ".Corp.example"]
SENT = {
    "127.0.0.1": True,
    "127.0.0.1:3000": True,
    "LOCALHOST:1": True,
    "localhost.": True,
    "[::1]:3000": True,
    "a.example": True,
    "corp.example": True,
    "b.corp.EXAMPLE:80": True,
    "": False,
    ".": False,
    ":3000": False,
    "evil.example": False,
    "b.a.example": False,
    "127.0.0.1.evil.example": False,
    "127.0.0.1@evil.example": False,
    "evil.example#.corp.example": False,
    "evil.example/.corp.example": False,
    "127.0.0.1:x": False,
    "127.0.0.1:1:2": False,
    "127.0.0.1 ": False,
    "127.0.0.1\n": False,
    "[::1": False,
    "::1": False,
    "b" * 100_000 + "!": False,
}


@pytest.mark.parametrize("host", SENT, ids=lambda host: repr(host[:40]))
def test_a_host_is_answered_for_if_it_is_listed_as_django_has_it(host: str) -> None:
    assert hosts.allows([host], LISTED) is SENT[host]
    domain, _ = split_domain_port(host)
    assert bool(domain and validate_host(domain, LISTED)) is SENT[host]


@pytest.mark.parametrize("values", [[], ["localhost", "localhost"]])
def test_a_request_has_one_host(values: list[str]) -> None:
    assert not hosts.allows(values, ["*"])


def test_the_environment_adds_hosts() -> None:
    listed = hosts.served({"FANIN_HOSTS": "fanin.example  .corp.example"})
    assert [hosts.allows([host], listed) for host in ("[::1]:1", "fanin.example", "a.corp.example", "x.example")] == [
        *(True, True, True, False)
    ]
    assert hosts.allows(["x.example"], hosts.served({"FANIN_HOSTS": "*"}))
