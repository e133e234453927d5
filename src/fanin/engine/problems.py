"""A source's failure as a problem (RFC 9457): for clients, and for expressions that read `errors`."""

from contextvars import ContextVar
from typing import Final

from fanin.config.api import PROBLEM_TYPES
from fanin.config.values import Json
from fanin.errors import FailedItems, SourceError

types_begin_with: Final[ContextVar[str]] = ContextVar("types_begin_with", default=PROBLEM_TYPES)
"""What the types of problems begin with, in the request under way and in all that it starts.

Every way in sets it before it answers anything, to what `[api]` of its fanin.toml says.
"""


def type_of(problem: str) -> str:
    """Give the type of a problem: its URL, by its name."""
    return types_begin_with.get() + problem


def source_problem(error: SourceError) -> dict[str, Json]:
    """Describe a source's failure as a problem."""
    return {
        "type": type_of(error.problem),
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
        {"index": place, "type": type_of(error.problem), "status": error.status, "attempts": error.attempts}
        for place, error in failed.first
    ]
    return {"failed": failed.count, "items": first}
