"""The path of a request through the package grows no longer."""

from tests.contract.trace import demo, path_of

FILES, CHANGES, CALLS = 42, 289, 710
"""The bounds: `make trace` last counted 42 files, 287 changes and 700 calls.
Whoever shortens the path lowers them."""


def test_a_request_passes_no_more_files_and_calls_than_it_did() -> None:
    """Counted, not timed: `make trace` shows where."""
    with demo() as handler:
        path = path_of(handler, "/trip/Lisbon")
    assert len(path.files) <= FILES
    assert path.changes <= CHANGES
    assert len(path.calls) <= CALLS
