"""fanin.sources.resolve: name resolution, every answer checked."""

import asyncio
import socket
import threading
from ipaddress import ip_address
from typing import Any

import pytest

from fanin.sources import resolve
from fanin.sources.address import AddressGuard
from fanin.sources.resolve import AddressForbidden, Resolver

PATIENCE = 5.0
"""Seconds after which a test that waits for a thread gives up."""


@pytest.fixture
def resolver() -> Resolver:
    """Give a resolver that permits public addresses and loopback's port 80."""
    return Resolver(AddressGuard("127.0.0.0/8:80"))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Give what every name has for addresses, or an error, or a function to call; no look-up leaves this process."""
    answers: dict[str, Any] = {}

    def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        answer = answers[host]
        if isinstance(answer, Exception):
            raise answer
        found = answer() if callable(answer) else answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return answers


def test_all_addresses_are_given_in_their_order_once(resolver: Resolver, names: dict[str, Any]) -> None:
    """The best first."""
    names["a.example"] = ["8.8.8.8", "1.1.1.1", "8.8.8.8"]
    assert resolver.resolve("a.example", 443).result(PATIENCE) == [ip_address("8.8.8.8"), ip_address("1.1.1.1")]


def test_one_forbidden_address_forbids_the_name(resolver: Resolver, names: dict[str, Any]) -> None:
    """Even if others are public."""
    names["a.example"] = ["8.8.8.8", "127.0.0.1"]
    with pytest.raises(AddressForbidden):
        resolver.resolve("a.example", 443).result(PATIENCE)
    assert resolver.resolve("a.example", 80).result(PATIENCE)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "fe80::1%1", "169.254.169.254"])
def test_an_address_in_place_of_a_name_is_checked_alike(resolver: Resolver, address: str) -> None:
    """Without a look-up."""
    with pytest.raises(AddressForbidden):
        resolver.resolve(address, 443).result(0)


@pytest.mark.usefixtures("names")
def test_a_permitted_address_needs_no_look_up(resolver: Resolver) -> None:
    """It is there at once."""
    assert resolver.resolve("127.0.0.1", 80).result(0) == [ip_address("127.0.0.1")]


def test_a_name_that_is_not_there_is_an_os_error(resolver: Resolver, names: dict[str, Any]) -> None:
    """Which clients take for unreachable."""
    names["a.example"] = socket.gaierror(socket.EAI_NONAME, "unknown")
    with pytest.raises(OSError, match="unknown"):
        resolver.resolve("a.example", 443).result(PATIENCE)


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example", ".example"])
def test_a_name_that_cannot_be_written_is_an_os_error_too(resolver: Resolver, host: str) -> None:
    """Python raises UnicodeError for empty and overlong labels, without asking anybody."""
    with pytest.raises(OSError):  # noqa: PT011 - its text is the system's
        resolver.resolve(host, 443).result(PATIENCE)


def test_a_look_up_under_way_is_not_made_twice(resolver: Resolver, names: dict[str, Any]) -> None:
    """And the next one after it is made anew."""
    asked, go = 0, threading.Event()

    def answer() -> list[str]:
        nonlocal asked
        asked += 1
        assert go.wait(PATIENCE)
        return ["8.8.8.8"]

    names["a.example"] = answer
    futures = [resolver.resolve("a.example", 443) for _ in range(100)]
    forgotten = threading.Event()
    futures[0].add_done_callback(lambda _: forgotten.set())
    go.set()
    assert {tuple(future.result(PATIENCE)) for future in futures} == {(ip_address("8.8.8.8"),)}
    assert asked == 1
    assert forgotten.wait(PATIENCE)
    resolver.resolve("a.example", 443).result(PATIENCE)
    assert asked == 2


def test_a_hanging_name_holds_up_no_other(resolver: Resolver, names: dict[str, Any]) -> None:
    """However often it is asked for."""
    go = threading.Event()
    names["hangs.example"] = lambda: ["8.8.8.8"] if go.wait(PATIENCE) else []
    names["a.example"] = ["1.1.1.1"]
    hanging = [resolver.resolve("hangs.example", 443) for _ in range(100)]
    assert resolver.resolve("a.example", 443).result(PATIENCE) == [ip_address("1.1.1.1")]
    assert not any(future.done() for future in hanging)
    go.set()


def test_one_callers_giving_up_does_not_end_anothers_look_up(resolver: Resolver, names: dict[str, Any]) -> None:
    """Even while the look-up waits for a thread."""
    go = threading.Event()
    for number in range(64):
        names[f"busy{number}.example"] = lambda: ["8.8.8.8"] if go.wait(PATIENCE) else []
        resolver.resolve(f"busy{number}.example", 443)
    names["a.example"] = ["1.1.1.1"]

    async def body() -> list[Any]:
        first, second = (asyncio.create_task(resolver.resolve_async("a.example", 443)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        go.set()
        async with asyncio.timeout(PATIENCE):
            return await second

    assert asyncio.run(body()) == [ip_address("1.1.1.1")]


def test_a_forbidden_name_is_forbidden_to_a_task_too(resolver: Resolver, names: dict[str, Any]) -> None:
    """The two ways to ask differ in how they wait alone."""
    names["a.example"] = ["10.0.0.1"]
    with pytest.raises(AddressForbidden):
        asyncio.run(resolver.resolve_async("a.example", 443))


def test_names_that_hang_are_bounded_in_number(
    resolver: Resolver, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is an error at once, and can be had again when one of them has ended; no thread stays."""
    monkeypatch.setattr(resolve, "MAX_LOOK_UPS", 20)
    go = threading.Event()
    for number in range(20):
        names[f"hangs{number}.example"] = lambda: ["8.8.8.8"] if go.wait(PATIENCE) else []
    names["a.example"] = ["1.1.1.1"]
    hanging = [resolver.resolve(f"hangs{number}.example", 443) for number in range(20)]
    with pytest.raises(OSError, match="too many"):
        resolver.resolve("a.example", 443).result(0)
    go.set()
    for future in hanging:
        future.result(PATIENCE)
    assert resolver.resolve("a.example", 443).result(PATIENCE) == [ip_address("1.1.1.1")]
    for thread in threading.enumerate():
        if thread.name.startswith("resolve "):
            thread.join(PATIENCE)
    assert not any(thread.name.startswith("resolve ") for thread in threading.enumerate())


def test_a_system_without_a_thread_to_give_is_an_os_error(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves no look-up under way that nobody makes."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    for _ in range(2):
        with pytest.raises(OSError, match="no thread"):
            resolver.resolve("a.example", 443).result(0)


def test_what_the_environment_allows_is_for_private_sources(names: dict[str, Any]) -> None:
    """Loopback is for all."""
    names["a.example"], names["b.example"] = ["10.0.0.1"], ["127.0.0.1"]
    guard = AddressGuard("10.0.0.0/8:* 127.0.0.0/8:*")
    assert Resolver(guard, private=True).resolve("a.example", 80).result(PATIENCE)
    assert Resolver(guard).resolve("b.example", 80).result(PATIENCE)
    with pytest.raises(AddressForbidden):
        Resolver(guard).resolve("a.example", 80).result(PATIENCE)
