"""The kind `sql`: rows of a database."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from fanin.config import template
from fanin.config.login import Login
from fanin.config.mistake import Mistake
from fanin.config.request import Request
from fanin.config.source import Source
from fanin.config.table import Name
from fanin.config.template import RefusedValue, Values
from fanin.config.texts import Sql

if TYPE_CHECKING:
    from fanin.config.databases import Database

MOST_ROWS = 100_000
"""What `max_rows` may be at most."""
METHOD = "SQL"
"""What stands for a method in the requests of databases."""
PASSWORD = "password"  # noqa: S105 - a name, and no password
"""The header of an opened request that has the database's password."""

_OF_HTTP = frozenset(
    (
        *("auth", "tls", "redirects", "private", "forward", "trace_context", "idempotency_key"),
        *("statuses", "status_from", "problem", "format", "pick_response", "pages"),
    )
)
"""Keys that say something of HTTP."""
_OF_READS = ("cache", "refresh", "retry", "hedge")
"""Keys of what may be done twice, or not at all."""


class SqlSource(Source):
    """Rows of a database."""

    kind: ClassVar[str] = "sql"

    sql: Sql
    """One statement of SQL. Each reference becomes a parameter that is bound, and never a part of the text."""
    database: Name
    """The database, in `[databases]`."""
    rows: Literal["one", "many"] = "many"
    """many: the value is the list of rows; one: it is the only row, which may be missing."""
    max_rows: Annotated[int, Field(ge=1, le=MOST_ROWS, strict=True)] = 1000
    """More rows refuse the source: nothing is cut without a word."""

    @classmethod
    def accepted(cls) -> frozenset[str]:
        """All but those of HTTP."""
        return super().accepted() - _OF_HTTP

    @model_validator(mode="after")
    def _writes_only_if_it_says_so(self) -> "SqlSource":
        if self.sql.changes and not self.writes:
            message = f"{self.sql.first_word} changes something, and transactions are read-only"
            raise Mistake("bad-writes", message, "Add writes = true")
        if self.invalidates and not self.writes:
            message = "the statement changes nothing, and makes no kept answer invalid"
            raise Mistake("bad-writes", message, "Remove invalidates; or add writes = true, if it changes something")
        for key in _OF_READS:
            if self.writes and getattr(self, key) is not None:
                message = f"the statement may change something, and {key} is for what only reads"
                raise Mistake("bad-writes", message, f"Remove {key}, or writes")
        return self

    @model_validator(mode="after")
    def _batches_have_many_rows(self) -> "SqlSource":
        if self.batch and self.rows == "one":
            message = "one row cannot be that of each item of a batch"
            raise Mistake("bad-batch", message, "Remove rows: batch has a rows of its own")
        return self

    @cached_property
    def of(self) -> "Database":
        """Its database."""
        raise NotImplementedError

    def take_database(self, database: "Database") -> None:
        """Take its database, once, when the file is read.

        Raises:
            Mistake: the database cannot do what the source says.
        """
        if database.url.dialect == "sqlite":
            if self.writes:
                message = f"{self.database} is a file of SQLite, which is only read"
                raise Mistake("bad-writes", message, "Remove writes, or use PostgreSQL")
            self.sql.check_for_sqlite()
        self.__dict__["of"] = database

    @cached_property
    def statement(self) -> str:
        """The statement, with the placeholders of its database."""
        written: str = self.sql.written("?" if self.of.url.dialect == "sqlite" else "$")
        return written

    @property
    def references_by_key(self) -> Iterator[tuple[tuple[str, ...], Iterable[template.Reference]]]:
        """The references of the statement, the database's password, and those that any source may have."""
        yield ("sql",), self.sql.references
        if self._password:
            yield ("database",), (self._password,)
        yield from super().references_by_key

    @property
    def _password(self) -> template.SecretReference | None:
        """The secret that its database's password is; none while the file is read."""
        database: Database | None = self.__dict__.get("of")
        return database.url.password if database else None

    @property
    def login(self) -> Login | None:
        """Who fanin is at the database, where a token of AWS is the password."""
        url = self.of.url
        return Login(url.host, url.port, url.user) if self.of.iam else None

    @property
    def drawn(self) -> str:
        """The database, and what of it is asked."""
        return f"{self.sql.first_word} in {self.database} ({self.of.url.dialect})"

    @property
    def origins_by_key(self) -> Mapping[str, str]:
        """None: it is no origin of HTTP."""
        return {}

    def check_parameters(self, values: Values) -> None:
        """Refuse what no database takes."""
        self.sql.check_parameters(values)

    def request(self, values: Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:  # noqa: ARG002 - the signature is every kind's
        """Give the parameters of the statement, as a JSON list."""
        try:
            asked = Request(METHOD, f"{self.of.url}#{self.name}", body=self.sql.bound(values))
        except RefusedValue as refused:
            raise refused.error_of(self.name, items_of_client=self.items_of_client) from refused
        return replace(asked, open=self._opened) if self._password else asked

    def _opened(self, sealed: Request, secrets: Values) -> Request:
        assert self._password
        password = secrets[self._password]
        assert isinstance(password, str)
        return replace(sealed, headers=(*sealed.headers, (PASSWORD, password)), open=None)

    def identity(self, request: Request) -> list[Any]:
        """Give the database, the statement, its parameters, and how many rows are taken."""
        parameters = request.body.decode() if request.body is not None else None
        return [self.of.identity, self.statement, parameters, self.rows, self.max_rows]
