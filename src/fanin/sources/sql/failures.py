"""What goes wrong at a database, as clients are told: no text of it, which may have data or SQL."""

import re

from fanin.config import Source
from fanin.config.kinds.sql import SqlSource
from fanin.config.template import RefusedValue
from fanin.errors import (
    AddressRefused,
    ClientValueRefused,
    SourceError,
    SourceRejected,
    SourceTimeout,
    SourceUnavailable,
    SourceUndecodable,
)

_LATER = ("08", "53", "57", "58")
"""Classes of SQLSTATE that mean: later. Connection, insufficient resources, operator intervention, system."""
_AGAIN = frozenset(("40001", "40P01", "55P03"))
"""A serialisation failure, a deadlock, and a lock that is not free: another attempt may come to something."""
_CANCELED = "57014"
_OF_A_VALUE = "22"
"""The class of SQLSTATE for values that cannot be read, or are out of range."""
_PARAMETER = re.compile(r'(?:portal(?: "[^"]{0,63}+")?+ parameter|query argument) \$([0-9]{1,4}+)')
"""How the server, or the driver in its place, says which parameter it cannot read as the type of its place."""
_READ_ONLY = "25006"
_LOGIN = ("28", "3D")


def is_login(sqlstate: str) -> bool:
    """Whether a failure means that the server does not take the user or the password, or has no such database."""
    return sqlstate.startswith(_LOGIN)


def failure_of(name: str, sqlstate: str) -> SourceError:
    """Make the error of a statement that its server has refused.

    Args:
        name: the source's.
        sqlstate: the five characters by which the server says why (PostgreSQL's appendix A).
    """
    error: SourceError
    if sqlstate == _CANCELED:
        error = SourceTimeout(name, f"the database ended the statement of {name}, which took too long")
    elif sqlstate in _AGAIN:
        error = SourceUnavailable(name, f"other transactions were in the way of {name}")
    elif sqlstate.startswith(_LATER):
        error = SourceUnavailable(name, f"the database of {name} cannot answer now")
    elif sqlstate == _READ_ONLY:
        error = SourceRejected(name, f"{name} may not change anything: it lacks writes = true")
    else:
        error = SourceRejected(name, f"the database refused the statement of {name}, or a value in it")
    error.reason = f"SQLSTATE {sqlstate}" if sqlstate else ""
    return error


def refused_value(source: Source, sqlstate: str, said: str) -> SourceError | None:
    """Make the error of a client's value that the type of its place cannot have; None for any other failure.

    The server reads all values before it runs a statement: nothing of it has begun, as if fanin had refused the value.

    Args:
        source: the source, which has `sql`.
        sqlstate: as for `failure_of`.
        said: where the server says that it was.
    """
    assert isinstance(source, SqlSource)
    found = _PARAMETER.search(said) if sqlstate.startswith(_OF_A_VALUE) else None
    reference = source.sql.reference(int(found[1])) if found else None
    if reference is None:
        return None
    refused = RefusedValue(reference, "is nothing that the type of its place can have")
    error = refused.error_of(source.name, items_of_client=source.items_of_client)
    if not isinstance(error, ClientValueRefused):
        return None
    error.reason = f"SQLSTATE {sqlstate}"
    return error


def without_form(name: str) -> SourceUndecodable:
    """Make the error of a column that has no form as JSON."""
    return SourceUndecodable(name, f"a column of {name} has a type that JSON has no form for: cast it to text")


def unreachable(name: str) -> SourceUnavailable:
    """Make the error of a database that gives no answer."""
    return SourceUnavailable(name, f"the database of {name} cannot be reached, or broke off its answer")


def address_refused(name: str) -> AddressRefused:
    """Make the error of a database whose address may not be reached."""
    return AddressRefused(name, f"the address of {name}'s database is not public, and not on the allow-list")
