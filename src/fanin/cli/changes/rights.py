"""What a deployment may reach, read or change after a change of its file, and could not before."""

from collections.abc import Iterator

from fanin.cli.changes.change import Change, right
from fanin.config import Config, Source
from fanin.config.origins import origin_of
from fanin.config.template import ChosenUrl

_TABLE, _QUEUE = "the table", "the queue"


def right_changes(old: Config, new: Config) -> Iterator[Change]:
    """Find rights that are new: origins, secrets, private addresses, writes, databases, the table and the queue."""
    for kind, message, of in _KINDS:
        before = {what for what, _ in of(old)}
        told = set[str]()
        for what, where in of(new):
            if what not in before and what not in told:
                told.add(what)
                yield right(kind, where, message.format(what))


def _origins(config: Config) -> Iterator[tuple[str, str]]:
    for name, source in config.sources.items():
        where = f"sources.{name}"
        for origin in source.origins_by_key.values():
            yield origin_of(origin) or origin, where
        for origin in getattr(source, "origins", ()):
            yield origin, where
        yield from ((origin, where) for origin in _chosen(source, config))
    for origin in config.jobs.callbacks:
        yield origin, "jobs.callbacks"
    for name, callers in config.callers.items():
        for origin in getattr(callers.table, "origins_by_key", {}).values():
            yield origin, f"callers.{name}"


def _chosen(source: Source, config: Config) -> Iterator[str]:
    """Give the origins of a URL that begins with a parameter, as the endpoints declare it."""
    url = getattr(source, "url", None)
    if not isinstance(url, ChosenUrl):
        return
    for endpoint in config.endpoints.values():
        declared = endpoint.all_parameters.get(url.parameter.name)
        for value in declared.enum.values() if declared and isinstance(declared.enum, dict) else ():
            if isinstance(value, str) and (origin := origin_of(value)):
                yield origin


def _secrets(config: Config) -> Iterator[tuple[str, str]]:
    for name, source in config.sources.items():
        for secret in sorted(source.secrets):
            yield secret, f"sources.{name}"
    for name, database in config.databases.items():
        if database.url.password:
            yield database.url.password.name, f"databases.{name}"
    for name, callers in config.callers.items():
        for secret in callers.table.secrets:
            yield secret, f"callers.{name}"
    if config.jobs.callback_secret:
        yield config.jobs.callback_secret, "jobs.callback_secret"


def _private(config: Config) -> Iterator[tuple[str, str]]:
    for name, source in config.sources.items():
        if source.private:
            yield f"{source.drawn.rpartition(' ')[2]}", f"sources.{name}"
    for name, database in config.databases.items():
        if database.private:
            yield database.url.host, f"databases.{name}"
    for name, callers in config.callers.items():
        if getattr(callers.table, "private", False):
            yield f"the issuer of {name}", f"callers.{name}"


def _writes(config: Config) -> Iterator[tuple[str, str]]:
    yield from ((name, f"sources.{name}") for name, source in config.sources.items() if source.writes)


def _databases(config: Config) -> Iterator[tuple[str, str]]:
    yield from ((str(database.url), f"databases.{name}") for name, database in config.databases.items())


def _own_credentials(config: Config) -> Iterator[tuple[str, str]]:
    for name, source in config.sources.items():
        if source.auth and source.auth.sigv4:
            yield f"{source.auth.sigv4.service} at {source.drawn.rpartition(' ')[2]}", f"sources.{name}"
    for name, database in config.databases.items():
        if database.iam:
            yield str(database.url), f"databases.{name}"


def _forwarded(config: Config) -> Iterator[tuple[str, str]]:
    for name, source in config.sources.items():
        for header in source.forward:
            yield f"{header} to {name}", f"sources.{name}"


def _stores(config: Config) -> Iterator[tuple[str, str]]:
    """Say what needs the table and the queue that the template makes."""
    for name, source in config.sources.items():
        for what in _stores_of(source):
            yield what, f"sources.{name}"
    for endpoint in config.endpoints.values():
        if endpoint.client_limit:
            yield f"{_TABLE}, for client_limit", f"endpoints.{endpoint.name}"
    for name, callers in config.callers.items():
        if table := getattr(callers.table, "table", None):
            yield f"the table {table}, for keys", f"callers.{name}"


def _stores_of(source: Source) -> Iterator[str]:
    if source.cache:
        yield f"{_TABLE}, for cache"
    if source.refresh:
        yield f"{_TABLE} and {_QUEUE}, for refresh"
    if source.rate_limit and source.rate_limit.shared:
        yield f"{_TABLE}, for rate_limit"


_KINDS = (
    ("origin-new", "calls go to {}, which none did", _origins),
    ("secret-new", "it reads the secret {!r}", _secrets),
    ("private-new", "a private address may stand behind {}", _private),
    ("write-new", "{} changes something at its source", _writes),
    ("database-new", "it reads the database {}", _databases),
    ("credentials-new", "the function's own AWS credentials are shown to {}", _own_credentials),
    ("forward-new", "the client's header {} is handed on", _forwarded),
    ("store-new", "it uses {}", _stores),
)
"""Rights: the kind, what is said, and what gives them with the tables that say so."""
