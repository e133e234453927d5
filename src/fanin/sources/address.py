"""Which addresses a call may reach: the public ones, and those that environment and source allow.

`ipaddress`'s `is_global` is no guard: it takes some of these for public, and does not look into addresses that carry
another one. The special-purpose registries are the source of the table.
https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from fanin.config.record import record

type Address = IPv4Address | IPv6Address

_REFUSED_4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private use, RFC 1918
        "100.64.0.0/10",  # shared address space, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link local, RFC 3927
        "172.16.0.0/12",  # private use, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.31.196.0/24",  # AS112, RFC 7535
        "192.52.193.0/24",  # AMT, RFC 7450
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "192.168.0.0/16",  # private use, RFC 1918
        "192.175.48.0/24",  # AS112, RFC 7534
        "198.18.0.0/15",  # benchmarking, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved and broadcast, RFC 1112, RFC 919
    )
]
_PUBLIC_6 = IPv6Network("2000::/3")  # global unicast, RFC 4291; what lies outside is refused
_REFUSED_6 = [
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, RFC 2928; Teredo, ORCHID and benchmarking are in it
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056
        "2620:4f:8000::/48",  # AS112, RFC 7534
        "3fff::/20",  # documentation, RFC 9637
    )
]
_NEVER = [
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # reaches this very machine
        "100.100.100.200/32",  # metadata, Alibaba Cloud
        "168.63.129.16/32",  # the platform itself, Azure
        "169.254.0.0/16",  # metadata and credentials on most clouds; nothing else has a reason to be there
        "192.0.0.192/32",  # metadata, Oracle Cloud
        "::/128",  # reaches this very machine
        "fd00:ec2::/32",  # metadata and credentials, AWS
        "fd20:ce::254/128",  # metadata, Google Cloud
        "fe80::/10",  # link local, RFC 4291
    )
]

_STANDS_FOR_4 = [
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped, RFC 4291
    IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
]
"""Such an address is as public as the IPv4 address in its last 32 bits, which is where its packets go."""

_CARRIES_4 = [
    (IPv6Network("::/96"), 0),  # IPv4-compatible, RFC 4291
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated, RFC 7915
    (IPv6Network("2002::/16"), 80),  # 6to4, RFC 3056
    (IPv6Network("2001::/32"), 64),  # Teredo's server, RFC 4380
]
"""Networks whose addresses carry an IPv4 address, and how many bits stand behind it."""
_TEREDO = IPv6Network("2001::/32")  # the client in the last 32 bits, inverted, RFC 4380
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215; the prefix in use may have any length of RFC 6052
_ISATAP = frozenset((0x00005EFE, 0x02005EFE))  # what stands before the last 32 bits, under any prefix, RFC 5214
_LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
"""Where nothing but this machine can answer. `is_loopback` is no test for it: that looks into IPv4-mapped addresses."""
_LAST_PORT = 65_535
_RUNTIME_API = "9001"
"""The port of Lambda's own Runtime API, on the loopback addresses, where the environment names no other."""


@record
class Allowed:
    """An entry of the allow-list.

    Args:
        network: the addresses.
        port: the port; None for any.
    """

    network: IPv4Network | IPv6Network
    port: int | None

    @classmethod
    def parse(cls, text: str) -> "Allowed":
        """Read an entry such as `127.0.0.0/8:8080`, `10.0.0.0/16:*` or `[fd00::/8]:443`.

        Raises:
            ValueError: it is none.
        """
        network, _, port = text.rpartition(":")
        if not network or not (port == "*" or (port.isdecimal() and 0 < int(port) <= _LAST_PORT)):
            raise ValueError(f"{text!r} is no network and port")
        return cls(ip_network(network.removeprefix("[").removesuffix("]")), None if port == "*" else int(port))


class AddressGuard:
    """The check of an address, made where a connection is made.

    Args:
        allow_list: entries separated by white space, as `Allowed.parse` reads them.
        runtime_api: where Lambda's own Runtime API is, as `AWS_LAMBDA_RUNTIME_API` says it.

    Raises:
        ValueError: an entry cannot be read.
    """

    def __init__(self, allow_list: str = "", *, runtime_api: str = "") -> None:
        self._allowed = [Allowed.parse(entry) for entry in allow_list.split()]
        self._never_on_loopback = {_RUNTIME_API, runtime_api.rpartition(":")[2]}

    def permits(self, address: Address, port: int, *, private: bool = False) -> bool:
        """Tell whether a connection to an IP address may be made.

        What the allow-list names is for sources that say they are private; loopback, where nothing but this machine
        can answer, is for every source.

        An address that stands for another (IPv4-mapped, NAT64) is public if that one is; of one that carries another
        (6to4, Teredo, ISATAP and the like) both have to be public. An entry of the allow-list permits an address as it
        is written. `127.0.0.0/8:*` does not permit `64:ff9b::127.0.0.1`, which another machine may answer. An entry
        that names an address with another in it permits it only if that one is public or listed, too.

        Args:
            address: the address.
            port: the port.
            private: whether the source says that it is private.
        """
        written = _written(address)
        reached = _reached(written)
        carried = list(_carried(reached))
        if any(self._never(each, port) for each in (reached, *carried)):
            return False
        if all(_public(each) for each in (reached, *carried)):
            return True
        return (
            (private or any(written in network for network in _LOOPBACK))
            and self._lists(written, port)
            and all(_public(each) or self._lists(each, port) for each in (reached, *carried))
        )

    def _lists(self, address: Address, port: int) -> bool:
        return any(address in allowed.network and allowed.port in (None, port) for allowed in self._allowed)

    def _never(self, address: Address, port: int) -> bool:
        on_loopback = address.is_loopback and str(port) in self._never_on_loopback
        return on_loopback or any(address in network for network in _NEVER)


def _written(address: Address) -> Address:
    """Give an address without a scope."""
    return IPv6Address(int(address)) if isinstance(address, IPv6Address) else address


def _reached(address: Address) -> Address:
    """Give the address that is reached under an address."""
    if any(address in network for network in _STANDS_FOR_4):
        return _last_32_bits(int(address))
    return address


def _carried(address: Address) -> Iterator[IPv4Address]:
    """Give the IPv4 addresses that an IPv6 address may be carrying."""
    if isinstance(address, IPv4Address) or address.is_loopback:
        return
    bits = int(address)
    yield from (_last_32_bits(bits >> behind) for network, behind in _CARRIES_4 if address in network)
    if address in _TEREDO:
        yield _last_32_bits(~bits)
    if address in _LOCAL_NAT64:
        bits_but_9th_octet = (bits >> 64 << 56) | (bits & 0xFF_FFFF_FFFF_FFFF)
        yield from (_last_32_bits(bits_but_9th_octet >> behind) for behind in (0, 24, 32, 40))
    if bits >> 32 & 0xFFFF_FFFF in _ISATAP:
        yield _last_32_bits(bits)


def _last_32_bits(bits: int) -> IPv4Address:
    return IPv4Address(bits & 0xFFFFFFFF)


def _public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    return address in _PUBLIC_6 and not any(address in network for network in _REFUSED_6)
