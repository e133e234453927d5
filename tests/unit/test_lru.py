"""fanin.stores.lru: bounded, and the least recently used leaves first."""

from hypothesis import given
from hypothesis import strategies as st

from fanin.stores.entry import Entry
from fanin.stores.lru import Memory


def entry(length: int = 0, until: float = 100.0, given_at: float = 0.0) -> Entry:
    return Entry(b"x" * length, given_at, until, until, until, until)


def test_what_was_put_is_there_until_it_expires() -> None:
    memory = Memory()
    memory.put("a", kept := entry())
    assert memory.get("a", 99.9) is kept
    assert memory.get("a", 100.0) is None
    assert len(memory) == memory.size == 0


def test_what_comes_from_a_clock_far_ahead_is_not_believed() -> None:
    memory = Memory()
    memory.put("a", entry(given_at=10.0))
    assert memory.get("a", 6.0)
    assert memory.get("a", 4.0) is None


def test_the_least_recently_used_leaves_first() -> None:
    memory = Memory(max_entries=2)
    memory.put("a", entry())
    memory.put("b", entry())
    memory.get("a", 0.0)
    memory.put("c", entry())
    assert [memory.get(key, 0.0) is not None for key in "abc"] == [True, False, True]


def test_what_alone_is_over_the_bound_is_not_kept_and_throws_out_nothing_but_its_predecessor() -> None:
    memory = Memory(max_bytes=1000)
    memory.put("a", entry())
    memory.put("b", entry())
    memory.put("b", entry(2000))
    assert memory.get("a", 0.0)
    assert memory.get("b", 0.0) is None


def test_one_at_a_time_sees_to_an_answer() -> None:
    memory = Memory()
    memory.put("a", entry())
    assert memory.claim("a", 0.0, 2.0)
    assert not memory.claim("a", 1.9, 2.0)
    assert memory.claim("a", 2.0, 2.0)
    memory.put("a", entry())
    assert memory.claim("a", 2.1, 2.0)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 600), st.booleans())))
def test_it_is_never_over_its_bounds_and_counts_right(steps: list[tuple[str, int, bool]]) -> None:
    memory = Memory(max_bytes=2000, max_entries=4)
    for key, length, put in steps:
        if put:
            memory.put(key, entry(length))
        else:
            memory.get(key, 0.0)
        memory.claim(key, 0.0, 1.0)
        kept = memory._entries
        assert memory.size == sum(entry.size for entry in kept.values()) <= 2000
        assert len(memory) <= 4
        assert memory._claims.keys() <= kept.keys()
