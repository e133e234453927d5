"""A change of fanin.toml, as `fanin diff` tells it."""

from dataclasses import dataclass
from enum import StrEnum

from fanin.config.values import Json


class Group(StrEnum):
    """Whom a change is for."""

    BREAKING = "breaking"
    """Clients that work now may not work afterwards."""
    RIGHTS = "rights"
    """The deployment reaches, reads or changes more than before, or more people may ask."""
    CACHE = "cache"
    """Answers are kept for another time."""
    OTHER = "other"
    """Anything else that differs."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change.

    Args:
        group: whom it is for.
        kind: a stable name for its kind.
        where: the endpoint or table, such as `GET /trip/{city}` or `sources.geo`.
        message: what changed, in words.
    """

    group: Group
    kind: str
    where: str
    message: str

    @property
    def json(self) -> Json:
        """The change as JSON."""
        return {"kind": self.kind, "where": self.where, "message": self.message}


def breaking(kind: str, where: str, message: str) -> Change:
    """Tell a change that clients notice."""
    return Change(Group.BREAKING, kind, where, message)


def right(kind: str, where: str, message: str) -> Change:
    """Tell something that a deployment, or someone, may do and could not do before."""
    return Change(Group.RIGHTS, kind, where, message)


def other(kind: str, where: str, message: str) -> Change:
    """Tell a change that breaks nothing."""
    return Change(Group.OTHER, kind, where, message)
