"""A source's failure as a problem (RFC 9457): for clients, and for expressions that read `errors`."""

from fanin.config.values import Json
from fanin.errors import FailedItems, SourceError

PROBLEM_TYPES = "https://fanin.example/problems/"
"""What the types of problems begin with; docs/reference.md describes each."""


def source_problem(error: SourceError) -> dict[str, Json]:
    """Describe a source's failure as a problem."""
    return {
        "type": PROBLEM_TYPES + error.problem,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "attempts": error.attempts,
        **error.members,
        **(_items(error.items) if error.items else {}),
    }


def _items(failed: FailedItems) -> dict[str, Json]:
    """Say how many items of a list failed, and of the first of them how."""
    first: list[Json] = [
        {"index": place, "type": PROBLEM_TYPES + error.problem, "status": error.status, "attempts": error.attempts}
        for place, error in failed.first
    ]
    return {"failed": failed.count, "items": first}
