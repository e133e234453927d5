"""Whose address a request counts for: the client's, as far as proxies tell it that may be believed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from fanin.engine.invocation import Network

MOST_PROXIES = 16
"""Proxies in a row that may be trusted, and networks of them that may be named."""
_PREFIX = 64
"""Bits of an IPv6 address that name a network: whoever has one has all of its addresses."""
_LONGEST = 100
"""Characters of an address, its brackets, zone and port included."""
_PORT = re.compile(r"(?:\[([^\[\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?")

type Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies between clients and a server.

    Args:
        count: how many there are in a row, whatever their addresses.
        networks: those in which they are.
    """

    count: int = 0
    networks: Sequence[IPv4Network | IPv6Network] = ()

    @classmethod
    def of(cls, text: str) -> "Proxies":
        """Read `FANIN_PROXIES`: a number of proxies, or their networks with spaces between; empty for none.

        Raises:
            ValueError: it is neither; its text says what is wrong.
        """
        words = text.split()
        if len(words) > MOST_PROXIES:
            raise ValueError(f"there are over {MOST_PROXIES} networks")
        if len(words) == 1 and words[0].isdecimal() and words[0].isascii():
            if len(words[0]) > 3 or (count := int(words[0])) > MOST_PROXIES:
                raise ValueError(f"{words[0][:20]!r} proxies are over {MOST_PROXIES}")
            return cls(count)
        return cls(networks=tuple(ip_network(word) for word in words))

    def client(self, network: Network) -> str:
        """Give the address that a request counts for; empty if it is unknown.

        Each proxy adds the address that it was asked from at the end of `X-Forwarded-For`. What stands before those
        entries, the client has written itself.
        """
        if self.count:
            entries = network.forwarded.rsplit(",", self.count)[-self.count :] if network.forwarded else []
            first = address_of(entries[0]) if len(entries) == self.count else None
            return _told(first) if first else _told(address_of(network.address))
        nearest = address_of(network.address)
        if nearest and self.networks:
            for entry in reversed(network.forwarded.rsplit(",", MOST_PROXIES)[-MOST_PROXIES:]):
                if not self._trusts(nearest) or (before := address_of(entry)) is None:
                    break
                nearest = before
        return _told(nearest)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


def address_of(text: str) -> Address | None:
    """Read an address, with its brackets, zone and port left out; None if it is none.

    An IPv4 address in IPv6's spelling is the IPv4 address.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if found := _PORT.fullmatch(text):
        text = found[1] or found[2] or ""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _told(address: Address | None) -> str:
    """Write an IPv4 address as it is, and an IPv6 address as its network."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> (128 - _PREFIX) << (128 - _PREFIX), _PREFIX)))
    return str(address or "")
