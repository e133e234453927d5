"""The kinds of sources, as fanin.toml has them.

A kind is a model: the key that says what a source is, the keys beside it, the requests that it makes, what of them goes
into the cache key, and how it is drawn. To add a kind: write its model in a file here, add its line to register.py, and
write its fetches in the folder of sources/ that has the name of its key.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ValidationInfo

from fanin.config.source import Source
from fanin.config.table import ReadBy

# ruff: noqa: PLC0415 - no part of the cold start of a file without one, or of one that a build has read

if TYPE_CHECKING:
    from fanin.config.databases import Database
    from fanin.config.kinds.upstream import Upstream

UPSTREAMS = "upstreams"
"""Where the context of a validation has the upstreams without a mistake: each one's table, and what was read of it."""

DATABASES = "databases"
"""Where that context has the databases without a mistake."""


def _database() -> "type[Database]":
    from fanin.config.databases import Database

    return Database


def _read_database(table: Any, info: ValidationInfo) -> "Database":
    return _database().model_validate(table, context=info.context)


def _upstream() -> "type[Upstream]":
    from fanin.config.kinds.upstream import Upstream

    return Upstream


def _read_upstream(table: Any, info: ValidationInfo) -> "Upstream":
    return _upstream().model_validate(table, context=info.context)


def _read_source(table: Any, info: ValidationInfo) -> Source:
    from fanin.config.kinds.register import read_source

    return read_source(table, info)


AnySource = Annotated[Source, ReadBy(Source, _read_source)]
"""A source of any kind, by the key that says which."""

if TYPE_CHECKING:
    AnUpstream = Upstream
    ADatabase = Database
else:
    AnUpstream = Annotated[Any, ReadBy(_upstream, _read_upstream)]
    """An upstream."""
    ADatabase = Annotated[Any, ReadBy(_database, _read_database)]
    """A database."""
