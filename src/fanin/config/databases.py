"""Databases: where they are, and how fanin connects to them."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from fanin.config.mistake import Mistake, quoted
from fanin.config.schemas import FOLDER, beside
from fanin.config.table import NamedTable, Table
from fanin.config.template import SecretReference, Template
from fanin.config.texts import with_variables

Dialect = Literal["postgresql", "sqlite"]
"""What a database speaks."""

PORT = 5432
OFF = "off"
"""What `tls` is for connections that are not encrypted."""
_TLS_SCHEMA = {
    "anyOf": [
        {"const": OFF},
        {
            "type": "object",
            "properties": {"ca": {"type": "string", "minLength": 1}},
            "required": ["ca"],
            "additionalProperties": False,
        },
    ]
}
_POSTGRESQL = ("postgresql", "postgres")
_HOST = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_.-]{1,253}")
_FIX = 'Write "postgresql://user:{!secret}@host:5432/name", or "sqlite:file.db"'


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """Where a database is.

    Args:
        dialect: what it speaks.
        name: the database's name there; of SQLite the path of its file, relative to fanin.toml's folder.
        host: a name or an address; empty for SQLite.
        port: of the server.
        user: who fanin is there.
        password: the secret that is the user's password; None without one.
        path: of SQLite, where the file is.
    """

    dialect: Dialect
    name: str
    host: str = ""
    port: int = PORT
    user: str = ""
    password: SecretReference | None = None
    path: Path | None = None

    def __str__(self) -> str:
        """Give it without the password."""
        if self.dialect == "sqlite":
            return f"sqlite:{self.name}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{quote(self.user, safe='')}@{host}:{self.port}/{quote(self.name, safe='')}"


def _read(text: object, info: ValidationInfo) -> DatabaseUrl:
    context = info.context or {}
    return read_database_url(with_variables(text, info), context.get(FOLDER))


def read_database_url(text: str, folder: Path | None) -> DatabaseUrl:
    """Read the URL of a database, its variables already put in.

    Args:
        text: the URL.
        folder: that of fanin.toml, which an SQLite file is in; None if it is in no file.

    Raises:
        Mistake: it is none, or has a password that is no secret.
    """
    if text.startswith("sqlite:"):
        return _sqlite(text.removeprefix("sqlite:"), folder)
    template = Template.parse(text)
    for reference in template.references:
        if not isinstance(reference, SecretReference):
            message = f"{reference} stands where only a variable or the password's secret may"
            raise Mistake("bad-database", message, _FIX, str(reference))
    scheme, separator, rest = text.partition("://")
    if scheme not in _POSTGRESQL or not separator:
        raise Mistake("bad-database", f"{quoted(scheme)} is no database that fanin knows", _FIX)
    if "?" in rest or "#" in rest:
        fix = "Remove what stands behind the name: tls and private are keys of their own"
        raise Mistake("bad-database", "the URL of a database has no query", fix, "?")
    who, at, where = rest.rpartition("@")
    host, slash, name = where.partition("/")
    if not (at and slash and who and name) or "/" in name:
        raise Mistake("bad-database", "the URL lacks its user, its host or its name", _FIX)
    user, _, password = who.partition(":")
    host, port = _host_and_port(host)
    return DatabaseUrl("postgresql", unquote(name), host, port, unquote(user), _password(password))


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host, port = text, str(PORT)
    if not _HOST.fullmatch(host) or not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) <= 65_535):
        raise Mistake("bad-database", f"{quoted(text)} is no host and port", _FIX, text)
    return host.removeprefix("[").removesuffix("]").lower(), int(port)


def _password(text: str) -> SecretReference | None:
    if not text:
        return None
    match Template.parse(text).pieces:
        case (SecretReference() as secret,):
            return secret
    # Not quoted: it may be the password.
    raise Mistake("bad-database", "the password stands in the file", "Write {!name} for it, and give the secret")


def _sqlite(path: str, folder: Path | None) -> DatabaseUrl:
    if not path or any(character in path for character in "{}?#%"):
        raise Mistake("bad-database", f"{quoted(path)} is no path of a file", 'Write "sqlite:file.db"')
    return DatabaseUrl("sqlite", path, path=beside(path, folder))


def _certificates(path: str, info: ValidationInfo) -> str:
    """Give the path of a file back that is there."""
    if not beside(path, (info.context or {}).get(FOLDER)).is_file():
        fix = "Write the path of a PEM file below the folder of fanin.toml"
        raise Mistake("bad-path", f"there is no file {quoted(path)}", fix)
    return path


Url = Annotated[DatabaseUrl, BeforeValidator(_read), WithJsonSchema({"type": "string", "minLength": 1})]


class DatabaseTls(Table):
    """Whose certificates are trusted."""

    ca: Annotated[str, AfterValidator(_certificates)]
    """The file beside fanin.toml, in PEM, of the certificates to trust in place of the public authorities."""


def _tls(tls: object, info: ValidationInfo) -> object:
    """Read the table, or the word that there is no TLS."""
    if tls == OFF:
        return tls
    if not isinstance(tls, dict):
        raise Mistake("bad-tls", f"{quoted(tls)} is no table", f'Write {{ ca = "rds.pem" }}, or "{OFF}"')
    return DatabaseTls.model_validate(tls, context=info.context)


class Database(NamedTable):
    """A database that sources with `sql` read."""

    url: Url
    """Where it is: `postgresql://user:{!secret}@host:5432/name`, or `sqlite:file.db` beside fanin.toml."""
    pool: Annotated[int, Field(ge=1, le=100, strict=True)] = 5
    """How many connections an environment of the function has to it at most."""
    iam: Annotated[bool, Field(strict=True)] = False
    """Whether the password is a token that fanin signs with the function's AWS credentials (RDS IAM)."""
    private: Annotated[bool, Field(strict=True)] = False
    """Whether it may have an address that is not public, where the environment allows that address."""
    tls: Annotated[Any, BeforeValidator(_tls), WithJsonSchema(_TLS_SCHEMA)] = None
    """`{ ca }`: the certificates to trust in place of the public authorities; "off": connections are not encrypted.
    Without it, they are, and the server's certificate and name are verified."""

    @model_validator(mode="after")
    def _as_the_dialect_has_it(self, info: ValidationInfo) -> "Database":
        if self.url.dialect == "sqlite":
            for key in ("iam", "private", "tls"):
                if key in self.model_fields_set:
                    raise Mistake("bad-database", f"{key} is about connections, and SQLite is a file", f"Remove {key}")
            assert self.url.path is not None
            if not self.url.path.is_file():
                message = f"there is no file {quoted(self.url.name)}"
                raise Mistake("bad-path", message, "Write the path of an SQLite database beside fanin.toml")
        if self.iam and self.url.password:
            raise Mistake("bad-database", "iam and a password each say who fanin is", "Keep one of them")
        if self.iam and self.tls == OFF:
            raise Mistake("bad-database", "a token of IAM goes over TLS only", 'Remove tls = "off", or iam')
        if isinstance(self.tls, DatabaseTls):
            self.__dict__["ca_file"] = beside(self.tls.ca, (info.context or {}).get(FOLDER))
        return self

    @property
    def encrypted(self) -> bool:
        """Whether connections speak TLS."""
        return bool(self.tls != OFF)

    @cached_property
    def ca_file(self) -> Path | None:
        """Where the certificates to trust are; None for the public roots."""
        return None

    @property
    def identity(self) -> str:
        """What of it can change an answer, without its password."""
        return str(self.url)
