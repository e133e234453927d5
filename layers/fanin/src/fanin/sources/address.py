"""Which addresses a call may reach: the public ones, and those on the environment's allow-list.

`ipaddress`'s `is_global` is no guard: it takes some of these for public, and does not look into addresses that carry
another one. The special-purpose registries are the source of the table.
https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

type Address = IPv4Address | IPv6Address

_REFUSED_4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private use, RFC 1918
        "100.64.0.0/10",  # shared address space, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link local, RFC 3927; metadata services
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
_TRANSLATED = [
    IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
]
_NEVER_4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # reaches this very machine
        "168.63.129.16/32",  # a cloud's platform address, with metadata behind it
        "169.254.169.254/32",  # metadata
        "169.254.170.2/32",  # credentials of containers
    )
]
_NEVER_6 = [
    IPv6Network(network)
    for network in (
        "::/128",  # reaches this very machine
        "fd00:ec2::254/128",  # metadata
    )
]
_LAST_PORT = 65_535
_RUNTIME_API = 9001
"""The port of Lambda's own Runtime API, on the loopback addresses."""


@dataclass(frozen=True, slots=True)
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

    Raises:
        ValueError: an entry cannot be read.
    """

    def __init__(self, allow_list: str = "") -> None:
        self._allowed = [Allowed.parse(entry) for entry in allow_list.split()]

    def permits(self, address: Address, port: int) -> bool:
        """Tell whether a connection to an IP address may be made.

        An address that carries another (IPv4-mapped, NAT64) is judged as the one that it carries.
        """
        judged = _carried(address)
        if _never(judged) or (judged.is_loopback and port == _RUNTIME_API):
            return False
        return _public(judged) or any(
            judged in allowed.network and allowed.port in (None, port) for allowed in self._allowed
        )


def _carried(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        address = IPv6Address(int(address))  # without a scope
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if any(address in network for network in _TRANSLATED):
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _never(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return any(address in network for network in _NEVER_4)
    return any(address in network for network in _NEVER_6)


def _public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    return address in _PUBLIC_6 and not any(address in network for network in _REFUSED_6)
