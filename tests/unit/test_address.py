"""fanin.sources.address: which addresses a call may reach."""

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.sources.address import AddressGuard, Allowed

PUBLIC = {
    "public": ["1.1.1.1", "8.8.8.8", "223.255.255.255", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450:4001::1"],
    "before and behind private use": ["9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0"],
    "before and behind more private use": ["192.167.255.255", "192.169.0.0"],
    "before and behind shared space": ["100.63.255.255", "100.128.0.0"],
    "before and behind loopback": ["126.255.255.255", "128.0.0.0"],
    "before and behind link local": ["169.253.255.255", "169.255.0.0"],
    "before and behind the platform's address": ["168.63.129.15", "168.63.129.17"],
    "before and behind protocol assignments": ["191.255.255.255", "192.0.1.0"],
    "before and behind documentation": ["192.0.3.0", "198.51.99.255", "203.0.114.0"],
    "before and behind benchmarking": ["198.17.255.255", "198.20.0.0"],
    "the edges of global unicast": ["2000::", "2001:200::", "2003::", "2400::", "3ffe::1"],
    "carrying a public one": ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "64:ff9b::808:808"],
}

REFUSED = {
    "this network": ["0.0.0.0", "0.255.255.255", "::"],
    "private use": ["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"],
    "unique local": ["fc00::1", "fd00::1", "fdff::1"],
    "shared space": ["100.64.0.0", "100.127.255.255"],
    "loopback": ["127.0.0.1", "127.255.255.255", "::1"],
    "the platform's address": ["168.63.129.16"],
    "link local": ["169.254.0.0", "169.254.255.255", "fe80::1", "febf::1"],
    "metadata": ["169.254.169.254", "169.254.170.2", "fd00:ec2::254"],
    "protocol assignments": ["192.0.0.0", "192.0.0.8", "192.0.0.170", "192.0.0.255", "2001:2::1", "2001:1ff::"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1", "3fff:fff::1"],
    "AS112 and AMT": ["192.31.196.1", "192.52.193.1", "192.175.48.1", "2620:4f:8000::1"],
    "benchmarking": ["198.18.0.0", "198.19.255.255"],
    "multicast and reserved": ["224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "ff02::1"],
    "6to4": ["192.88.99.1", "2002::", "2002:808:808::1", "2002:7f00:1::1"],
    "Teredo and ORCHID": ["2001::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1"],
    "outside global unicast": ["fec0::1", "100::1", "100:0:0:1::1", "5f00::1", "1fff::", "4000::", "64:ff9a::"],
    "IPv4-compatible": ["::7f00:1", "::127.0.0.1", "::8.8.8.8"],
    "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::ffff:0:0"],
    "NAT64": ["64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1::8.8.8.8"],
    "with a zone": ["fe80::1%eth0", "::1%lo"],
}


def permits(address: str, port: int, allow_list: str = "") -> bool:
    """Ask a guard with an allow-list."""
    return AddressGuard(allow_list).permits(ip_address(address), port, private=True)


@pytest.mark.parametrize("addresses", PUBLIC.values(), ids=list(PUBLIC))
def test_public_addresses_are_permitted(addresses: list[str]) -> None:
    """To the edges of the refused networks; one that carries an IPv4 address is judged as that."""
    assert [address for address in addresses if not permits(address, 443)] == []


@pytest.mark.parametrize("addresses", REFUSED.values(), ids=list(REFUSED))
def test_special_addresses_are_refused(addresses: list[str]) -> None:
    """Every special-purpose network, also inside mapped, translated, 6to4 and Teredo addresses and with a zone."""
    assert [address for address in addresses if permits(address, 443)] == []


@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_as_the_one_that_it_stands_for(address: IPv4Address) -> None:
    """Plain, IPv4-mapped, and by NAT64."""
    carried = (str(address), f"::ffff:{address}", f"64:ff9b::{address}")
    assert len({permits(text, 443) for text in carried}) == 1


def embeddings(address: IPv4Address) -> list[str]:
    """Write an IPv4 address in every IPv6 address that stands for it or carries it."""
    one, two, three, four = address.packed
    high, low = f"{one:x}{two:02x}", f"{three:x}{four:02x}"
    inverted = IPv4Address(~int(address) & 0xFFFF_FFFF)
    return [
        f"::{address}",
        f"::ffff:{address}",
        f"::ffff:0:{address}",
        f"64:ff9b::{address}",
        f"64:ff9b:1::{address}",
        f"64:ff9b:1:{high}:{three:x}:{four:02x}00::",
        f"64:ff9b:1:{one:x}:{two:x}:{low}::",
        f"2002:{high}:{low}::1",
        f"2001:0:{high}:{low}::f7f7:f7f7",
        f"2001:0:808:808::{inverted}",
        f"2606:4700::5efe:{address}",
        f"2606:4700::200:5efe:{address}",
        f"fd00::5efe:{address}",
    ]


class TestAllowList:
    """Networks and ports that the environment allows."""

    @pytest.mark.parametrize(
        ("entries", "address", "port", "permitted"),
        [
            ("127.0.0.0/8:8080", "127.0.0.1", 8080, True),
            ("127.0.0.0/8:8080", "127.0.0.1", 8081, False),
            ("127.0.0.0/8:8080", "::ffff:127.0.0.1", 8080, False),
            ("127.0.0.0/8:8080 [::ffff:0:0/96]:8080", "::ffff:127.0.0.1", 8080, True),
            ("10.0.0.0/8:443 [64:ff9b::/96]:443", "64:ff9b::10.0.0.1", 443, True),
            ("10.0.0.0/8:80 [64:ff9b::/96]:443", "64:ff9b::10.0.0.1", 443, False),
            ("[64:ff9b::/96]:443", "64:ff9b::10.0.0.1", 443, False),
            ("[2002::/16]:443", "2002:808:808::1", 443, True),
            ("[2002::/16]:443", "2002:a00:1::1", 443, False),
            ("10.0.0.0/8:443 [2002::/16]:443", "2002:a00:1::1", 443, True),
            ("[fd00::/8]:443", "fd00::5efe:10.0.0.1", 443, False),
            ("127.0.0.0/8:*", "127.1.2.3", 1, True),
            ("127.0.0.0/8:*", "10.0.0.1", 1, False),
            ("127.0.0.0/8:*", "::1", 1, False),
            ("[::1/128]:*", "::1", 8080, True),
            ("[::1/128]:*", "127.0.0.1", 8080, False),
            ("[::1/128]:*", "::1%lo", 8080, True),
            ("[fd00::/8]:443", "fd12::1", 443, True),
            ("[fd00::/8]:443", "fd12::1", 80, False),
            ("10.0.0.0/16:443\n10.1.0.0/16:* ", "10.1.0.1", 9, True),
            ("10.0.0.5/32:443", "10.0.0.5", 443, True),
            ("10.0.0.5/32:443", "10.0.0.6", 443, False),
            ("10.0.0.0/16:443", "8.8.8.8", 80, True),
        ],
    )
    def test_permits_what_it_names_and_nothing_else(
        self, entries: str, address: str, port: int, *, permitted: bool
    ) -> None:
        """Public addresses stay permitted."""
        assert permits(address, port, entries) is permitted

    @pytest.mark.parametrize("private", [False, True])
    @pytest.mark.parametrize("listed", ["127.0.0.1", "10.1.2.3"])
    def test_permits_no_address_for_what_it_carries(self, listed: str, *, private: bool) -> None:
        """An entry for an IPv4 address says nothing of those that embed it: other machines may answer there."""
        guard = AddressGuard(f"{listed}/32:*")
        spelled = [ip_address(text) for text in embeddings(IPv4Address(listed))]
        assert guard.permits(ip_address(listed), 443, private=True)
        assert [str(each) for each in spelled if guard.permits(each, 443, private=private)] == []

    def test_loopback_for_every_source_is_loopback_as_it_is_written(self) -> None:
        """What stands for it is for private sources, and needs both entries."""
        guard = AddressGuard("127.0.0.0/8:* [::1/128]:* [64:ff9b::/96]:* [::ffff:0:0/96]:*")
        assert all(guard.permits(ip_address(text), 80) for text in ("127.0.0.1", "::1", "::1%lo"))
        for text in ("64:ff9b::127.0.0.1", "::ffff:127.0.0.1"):
            assert not guard.permits(ip_address(text), 80)
            assert guard.permits(ip_address(text), 80, private=True)

    @pytest.mark.parametrize(
        ("address", "port"),
        [
            ("127.0.0.1", 9001),
            ("::ffff:127.0.0.1", 9001),
            ("64:ff9b::127.0.0.1", 9001),
            ("0.0.0.0", 9001),
            ("::ffff:0.0.0.0", 9001),
            ("169.254.169.254", 80),
            ("::ffff:169.254.169.254", 80),
            ("64:ff9b::a9fe:a9fe", 80),
            ("169.254.170.2", 80),
            ("fd00:ec2::254", 80),
            ("fd00:ec2::254%eth0", 80),
            ("168.63.129.16", 80),
        ],
    )
    def test_never_permits_the_runtime_api_nor_metadata(self, address: str, port: int) -> None:
        """Whatever it names, and by whatever spelling: what answers there gives the function's own credentials away."""
        assert not permits(address, port, "0.0.0.0/0:* [::/0]:*")

    @pytest.mark.parametrize(
        "entry",
        [
            "127.0.0.1",
            "127.0.0.0/8",
            "127.0.0.0/8:",
            ":80",
            "localhost:80",
            "10.0.0.0/8:0",
            "10.0.0.0/8:65536",
            "10.0.0.1/8:80",
            "10.0.0.0/33:80",
            "10.0.0.0/8:http",
            "::1",
            "*:80",
        ],
    )
    def test_refuses_an_entry_that_it_cannot_read(self, entry: str) -> None:
        """A typing mistake must not open or close anything unnoticed."""
        with pytest.raises(ValueError, match=r"\S"):
            AddressGuard(f"10.0.0.0/8:80 {entry}")

    def test_reads_networks_of_both_versions(self) -> None:
        """With brackets where there are colons."""
        assert str(Allowed.parse("[fd00::/8]:443").network) == "fd00::/8"
        assert Allowed.parse("10.0.0.0/8:*").port is None
