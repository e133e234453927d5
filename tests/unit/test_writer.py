"""server.calls.writer: rows are written behind whoever adds them, all of them or counted as lost."""

from threading import Event

from server.calls.writer import BATCH, Writer

SOON = 10.0


def test_all_that_was_added_is_written_before_the_end_and_in_order() -> None:
    """Many at once, and never more than a batch."""
    go, ended, batches = Event(), Event(), list[list[int]]()

    def write(rows: list[int]) -> None:
        assert go.wait(SOON)
        batches.append(rows)

    writer = Writer(write, ended.set)
    for row in range(3 * BATCH):
        writer.add(row)
    go.set()
    writer.close()
    assert [row for batch in batches for row in batch] == list(range(3 * BATCH))
    assert max(map(len, batches)) == BATCH
    assert len(batches) <= 4
    assert writer.lost == 0
    assert ended.is_set()


def test_nobody_waits_for_a_writer_that_is_behind() -> None:
    """What is too much is lost, and counted."""
    taken, go, ended, written = Event(), Event(), Event(), list[int]()

    def write(rows: list[int]) -> None:
        taken.set()
        assert go.wait(SOON)
        written.extend(rows)

    writer = Writer(write, ended.set, most_waiting=10)
    writer.add(0)
    assert taken.wait(SOON)
    for row in range(1, 16):
        writer.add(row)
    go.set()
    writer.close()
    assert written == list(range(11))
    assert writer.lost == 5


def test_rows_that_cannot_be_written_are_lost_and_the_next_are_written() -> None:
    """A database that was away is no reason to end."""
    failed, ended, written = Event(), Event(), list[str]()

    def write(rows: list[str]) -> None:
        if "bad" in rows:
            failed.set()
            raise OSError("away")
        written.extend(rows)

    writer = Writer(write, ended.set)
    writer.add("bad")
    assert failed.wait(SOON)
    writer.add("good")
    writer.close()
    assert written == ["good"]
    assert writer.lost == 1
