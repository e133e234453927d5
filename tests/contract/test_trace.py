"""The path of a request through the package grows no longer."""

from tests.contract.trace import demo, path_of

FILES, CHANGES, CALLS = 46, 423, 974
"""The bounds: what `make trace` last counted, 46, 410 and 952, and a few more for an answer that arrives in pieces.
Whoever shortens the path lowers them."""


def test_a_request_passes_no_more_files_and_calls_than_it_did() -> None:
    """Counted, not timed: `make trace` shows where."""
    with demo() as handler:
        path = path_of(handler, "/trip/Lisbon")
    assert len(path.files) <= FILES
    assert path.changes <= CHANGES
    assert len(path.calls) <= CALLS
