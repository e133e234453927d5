"""Ports for programs that are about to start."""

from fanin.local.process import ports


def test_a_free_port_is_none_that_somebody_gets_who_asks_for_any() -> None:
    """It would be taken again before the program that it is for has it."""
    with ports.take(0) as any_one:
        given = any_one.getsockname()[1]
    found = {ports.free() for _ in range(100)}
    assert max(found) < given
    assert len(found) > 90
