"""What a project can have beside the gateway, the cache's table and the worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fanin.config.mistake import nearest
from fanin.local.process.console import Problem


@dataclass(frozen=True)
class Part:
    """Something that a project has if it is asked for.

    Args:
        summary: what it is, for people.
        use: how the owner of a project sees it work, for the project's README; `make run` serves.
        template: the parts of template.yaml that go where it is not asked for.
        folders: the folders of the repository that come with it.
        switch: the parameter that is off in the repository's samconfig.toml, and on where it is asked for.
        before: the parameter by which a template has the part that is older than its marks.
    """

    summary: str
    use: str
    template: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    switch: str = ""
    before: str = ""


PARTS: Final[Mapping[str, Part]] = {
    "jobs": Part(
        "requests whose answers are fetched later (Prefer: respond-async)",
        "`curl -i -H 'Prefer: respond-async' http://127.0.0.1:3000/hello/Ada` names where the answer will be",
        ("jobs", "jobs-kept"),
        ("functions/jobs", "events/jobs"),
    ),
    "websocket": Part(
        "endpoints over WebSocket, source by source",
        'Send `{"action": "subscribe", "id": "a", "endpoint": "hello", "params": {"name": "Ada"}}` '
        "to `ws://127.0.0.1:3000/live`",
        ("websocket", "websocket-kept"),
        ("functions/live", "events/live"),
    ),
    "streaming": Part(
        "answers that begin before the last source is there: a function URL",
        "`curl -N -H 'Accept: application/x-ndjson' http://127.0.0.1:3000/stream/hello/Ada`",
        ("streaming", "streaming-kept"),
        switch="Streaming",
    ),
    "database": Part(
        "sources that are statements of SQL: PostgreSQL or SQLite",
        "`curl 'http://127.0.0.1:3000/stock?at_least=5'`; `shop.sql` made `shop.db`",
        ("database", "database-kept"),
        ("layers/database",),
        "Database",
    ),
    "contrast": Part(
        "the same endpoints by requests and by Django, to compare",
        "`curl http://127.0.0.1:3000/sync/hello/Ada`, and `/django/hello/Ada`",
        ("contrast-kept", "sync", "django"),
        ("functions/sync", "functions/django", "layers/sync", "layers/django"),
    ),
    "alarms": Part(
        "alarms, a dashboard and a budget in CloudWatch",
        "Say `Alarms=on` in `samconfig.toml`, and with `AlarmEmail=` who is told",
        ("alarms", "alarms-kept"),
    ),
    "ci": Part(
        "a GitHub workflow that tests, deploys and asks what it deployed",
        "`.github/workflows/deploy.yml` says what it needs",
    ),
    "jwt": Part(
        "tokens that API Gateway's own authorizer checks, before fanin checks callers",
        "Add `JwtIssuer=` and `JwtAudience=` to `samconfig.toml`",
        ("jwt",),
        before="JwtIssuer",
    ),
}


def named(text: str) -> tuple[str, ...]:
    """Read a list of parts, such as `jobs,ci`; in the order of `PARTS`.

    Raises:
        Problem: one is not there.
    """
    wanted = {name for name in (each.strip() for each in text.split(",")) if name}
    for name in sorted(wanted - PARTS.keys()):
        raise Problem(f"there is no part {name!r}. {nearest(name, PARTS)}.")
    return tuple(name for name in PARTS if name in wanted)


def left_out(parts: Sequence[str]) -> frozenset[str]:
    """Name the parts of template.yaml that a project without some parts does not have."""
    return frozenset(each for name, part in PARTS.items() if name not in parts for each in part.template)


def folders_left_out(parts: Sequence[str]) -> frozenset[str]:
    """Name the folders that a project without some parts does not have."""
    return frozenset(each for name, part in PARTS.items() if name not in parts for each in part.folders)
