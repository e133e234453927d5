"""fanin.sources.http.body: a response's body, read under a cap on the wire and after decompression."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.errors import SourceTooLarge, SourceUndecodable
from fanin.sources.http.body import Body, whole_of


def read(wire: bytes, coding: str = "", cap: int = 1000, chunk: int = 64) -> bytes:
    """Feed a body in chunks, and give the whole."""
    body = Body("a", coding, cap)
    for start in range(0, len(wire), chunk):
        body.feed(wire[start : start + chunk])
    return body.whole()


@pytest.mark.parametrize("coding", ["", "identity", " Identity "])
def test_a_body_without_a_coding_is_as_it_came(coding: str) -> None:
    """Up to the cap, which is inclusive."""
    assert read(b"x" * 1000, coding) == b"x" * 1000


@pytest.mark.parametrize("coding", ["", "identity", "gzip"])
@given(data=st.binary(max_size=100), cap=st.integers(0, 100))
def test_a_body_that_is_all_there_is_read_as_one_in_parts(coding: str, data: bytes, cap: int) -> None:
    """Or refused as one."""
    wire = gzip.compress(data) if coding == "gzip" else data
    try:
        expected: bytes | str = read(wire, coding, cap)
    except SourceTooLarge as error:
        expected = str(error)
    try:
        got: bytes | str = whole_of("a", coding, cap, wire)
    except SourceTooLarge as error:
        got = str(error)
    assert got == expected


@given(st.binary(max_size=500), st.integers(1, 100))
def test_gzip_is_undone_however_it_is_cut_into_chunks(data: bytes, chunk: int) -> None:
    """Under either of its names."""
    assert read(gzip.compress(data), "gzip", chunk=chunk) == data
    assert read(gzip.compress(data), "X-GZIP", chunk=chunk) == data


def test_gzip_of_several_members_is_read_to_its_end() -> None:
    """RFC 1952, 2.2: a gzip file is a series of members, which decompress to one text."""
    wire = gzip.compress(b'{"a": ') + gzip.compress(b"1}")
    for chunk in (7, 1000):
        assert read(wire, "gzip", chunk=chunk) == b'{"a": 1}'


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, br", "gzip, gzip"])
def test_a_coding_that_was_not_asked_for_is_refused(coding: str) -> None:
    """Before any byte is read."""
    with pytest.raises(SourceUndecodable):
        Body("a", coding, 1000)


class TestCaps:
    """The most bytes, on the wire and decoded."""

    def test_one_byte_over_the_cap_is_too_many(self) -> None:
        """As it came over the wire."""
        with pytest.raises(SourceTooLarge, match="more than 1000 bytes"):
            read(b"x" * 1001)

    def test_a_decoded_body_just_at_the_cap_is_taken_and_one_over_it_is_not(self) -> None:
        """Its length on the wire is another, and below the cap."""
        assert len(read(gzip.compress(b"x" * 1000), "gzip")) == 1000
        with pytest.raises(SourceTooLarge):
            read(gzip.compress(b"x" * 1001), "gzip")

    def test_the_wire_is_capped_under_a_coding_too(self) -> None:
        """Padding that decodes to nothing is not read for ever."""
        with pytest.raises(SourceTooLarge):
            read(gzip.compress(b"x") + b"\0" * 6400, "gzip")

    def test_an_endless_body_is_refused_at_the_cap(self) -> None:
        """At the first chunk that goes over it."""
        body = Body("a", "", 1000)
        for _ in range(10):
            body.feed(b"x" * 100)
        with pytest.raises(SourceTooLarge):
            body.feed(b"x")

    @pytest.mark.parametrize("chunk", [1000, 10_000_000])
    def test_a_bomb_is_refused_without_holding_what_it_unfolds_to(self, chunk: int) -> None:
        """100 MB in 100 kB: memory stays at a few times the cap."""
        bomb = gzip.compress(b"\0" * 100_000_000, compresslevel=9)
        cap = 1_000_000
        assert len(bomb) < cap
        tracemalloc.start()
        try:
            with pytest.raises(SourceTooLarge):
                read(bomb, "gzip", cap, chunk)
            assert tracemalloc.get_traced_memory()[1] < 5 * cap
        finally:
            tracemalloc.stop()


class TestBroken:
    """What is not what the coding says."""

    @pytest.mark.parametrize("left_out", [1, 4, 8, 12])
    def test_gzip_that_is_cut_short_is_undecodable(self, left_out: int) -> None:
        """Be it in the data or in the checksum behind it."""
        with pytest.raises(SourceUndecodable, match="cut short"):
            read(gzip.compress(b'{"a": 1}' * 10)[:-left_out], "gzip")

    @pytest.mark.parametrize("wire", [b"{}", zlib.compress(b"{}"), b"\x1f\x8b\x08\xff" + b"x" * 30])
    def test_what_is_no_gzip_is_undecodable(self, wire: bytes) -> None:
        """Plain JSON, zlib's own format, rubbish behind the magic number."""
        with pytest.raises(SourceUndecodable):
            read(wire, "gzip")

    def test_a_wrong_checksum_is_undecodable(self) -> None:
        """The bytes are not those that were sent."""
        wire = bytearray(gzip.compress(b"x" * 100))
        wire[-5] ^= 1
        with pytest.raises(SourceUndecodable):
            read(bytes(wire), "gzip")

    def test_an_empty_body_under_gzip_is_empty(self) -> None:
        """As with 204, or a server that names a coding all the same."""
        assert read(b"", "gzip") == b""
