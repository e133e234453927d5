"""`fanin keys`: makes, lists and revokes API keys."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from fanin.callers.keys.form import ApiKey, read_key
from fanin.callers.keys.ledger import Issue, Ledger, issue
from fanin.callers.keys.places import FILE
from fanin.callers.keys.record import Limit, Record
from fanin.cli.exits import Exit
from fanin.cli.options import JsonOption, environment
from fanin.cli.terminal import messages, output, print_json
from fanin.compose.keys import with_ledger
from fanin.config.callers.scopes import MOST as MOST_SCOPES
from fanin.config.callers.scopes import check_scope
from fanin.config.mistake import Mistake
from fanin.config.units import seconds, spelled
from fanin.config.values import Json
from fanin.errors import FaninError

LONGEST = 200
"""Characters of a name and an owner."""
NEVER = "never"

TableOption = Annotated[
    str | None, typer.Option("--table", metavar="NAME", help="The DynamoDB table with the keys, by AWS's credentials.")
]
KeyFileOption = Annotated[
    Path | None, typer.Option("--file", "-f", metavar="PATH", help="A file with the keys, on a laptop or for a secret.")
]

keys = typer.Typer(
    name="keys",
    help="Make, list and revoke API keys. Without --table and --file, FANIN_KEYS says where they are.",
    no_args_is_help=True,
)


@keys.command()
def new(  # noqa: PLR0913 - each is an option of the command
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    *,
    owner: Annotated[str, typer.Option("--owner", metavar="NAME", help="Who gets it: the claim `sub`.")],
    scopes: Annotated[
        list[str] | None, typer.Option("--scopes", metavar="SCOPE,…", help="What it may do, by commas.")
    ] = None,
    expires: Annotated[
        str, typer.Option("--expires", metavar="WHEN", help="A length of time, a date (UTC), or never.")
    ] = "365d",
    limit: Annotated[
        str | None, typer.Option("--limit", metavar="CALLS/TIME", help="How often it may be used: 100/1m.")
    ] = None,
    table: TableOption = None,
    file: KeyFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and print it, once: only its hash is kept."""
    now = int(time.time())
    wanted = Issue(
        _name(owner, "--owner"), _name(name, "NAME"), _scopes(scopes or []), _limit(limit), _expires(expires, now)
    )
    key, record = _with_keys(table, file, lambda ledger: issue(ledger, wanted, now))
    if as_json:
        print_json({"key": key.text, **_json(record, now)})
    else:
        typer.echo(key.text)
        _tell(key, record)


@keys.command(name="list")
def list_(
    owner: Annotated[str | None, typer.Option("--owner", metavar="NAME", help="Only those of this owner.")] = None,
    table: TableOption = None,
    file: KeyFileOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the keys, by their ids: who has them, what they may do, and whether they are good."""
    now = int(time.time())
    found = [each for each in _with_keys(table, file, lambda ledger: ledger.all()) if owner in {None, each.owner}]
    if as_json:
        print_json({"keys": [_json(record, now) for record in found]})
        return
    drawn = Table("Id", "Owner", "Name", "Scopes", "Limit", "Made", "Expires", "State", box=None, pad_edge=False)
    for record in found:
        drawn.add_row(
            record.id,
            record.owner,
            record.name,
            " ".join(sorted(record.scopes)),
            _spelled(record.limit),
            _day(record.made),
            NEVER if record.expires is None else _day(record.expires),
            record.state(now),
        )
    output().print(drawn)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, or all of the key.")],
    table: TableOption = None,
    file: KeyFileOption = None,
) -> None:
    """Refuse a key from now on, within a minute everywhere."""
    key = read_key(key_id)
    named = key.id if key else key_id
    if not _with_keys(table, file, lambda ledger: ledger.revoke(named, int(time.time()))):
        raise _wrong(f"there is no key {named[:20]!r}. fanin keys list shows all.", "ID")
    messages().print(f"fanin: key {named} is revoked, and refused everywhere within 60 s", soft_wrap=True)


def _with_keys[Result](table: str | None, file: Path | None, work: Callable[[Ledger], Awaitable[Result]]) -> Result:
    """Do something with the keys where the command line or the environment says that they are.

    Raises:
        typer.BadParameter: nothing says it, or both options do.
        typer.Exit: they cannot be read or written.
    """
    if table and file:
        raise _wrong("keys are in one place: give --table or --file.", "--table")
    place = f"{FILE}{file}" if file else table or environment().get("FANIN_KEYS", "")
    if not place.removeprefix(FILE):
        raise _wrong("nothing says where the keys are. Give --table or --file, or set FANIN_KEYS.", "--table")
    try:
        return with_ledger(place, environment(), work)
    except FaninError as error:
        messages().print(f"fanin: {error}", soft_wrap=True)
        raise typer.Exit(Exit.FAILED) from error


def _name(text: str, option: str) -> str:
    if not 0 < len(text) <= LONGEST or not text.isprintable() or text != text.strip():
        raise _wrong(f"it has 1 to {LONGEST} printable characters, and no space around them.", option)
    return text


def _scopes(texts: list[str]) -> frozenset[str]:
    scopes = frozenset(scope for text in texts for scope in text.split(",") if scope)
    try:
        for scope in sorted(scopes):
            check_scope(scope)
    except Mistake as mistake:
        raise _wrong(f"{mistake.message}. {mistake.fix}.", "--scopes") from mistake
    if len(scopes) > MOST_SCOPES:
        raise _wrong(f"a key has {MOST_SCOPES} scopes at most.", "--scopes")
    return scopes


def _limit(text: str | None) -> Limit | None:
    """Read `100/1m`."""
    if text is None:
        return None
    calls, _, per = text.partition("/")
    try:
        number, time_of_it = int(calls), seconds(per)
    except ValueError:  # a Mistake is one
        number, time_of_it = 0, 0.0
    if not (1 <= number <= 1_000_000 and 0 < time_of_it <= 86_400):
        raise _wrong(f"{text!r} is no limit. Write calls and a length of time up to 1d: 100/1m.", "--limit")
    return Limit(number, time_of_it)


def _expires(text: str, now: int) -> int | None:
    """Read `90d`, `2027-01-31` or `never`."""
    if text == NEVER:
        return None
    try:
        moment = now + int(seconds(text))
    except Mistake:
        try:
            moment = int(datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC).timestamp())
        except ValueError:
            raise _wrong(f"{text!r} is no time. Write 90d, 2027-01-31 or never.", "--expires") from None
    if not now < moment < now + 100 * 365 * 86_400:
        raise _wrong(f"{text!r} is past, or over 100 years from now.", "--expires")
    return moment


def _tell(key: ApiKey, record: Record) -> None:
    until = "with no end" if record.expires is None else f"until {_day(record.expires)}"
    told = f"fanin: key {key.id} of {record.owner}, {until}. Store it now: it is not shown again."
    messages().print(told, soft_wrap=True)


def _json(record: Record, now: int) -> dict[str, Json]:
    """Tell of a key what is told to a program; its hash is of no use to one."""
    told = {name: value for name, value in record.json.items() if name != "sha256"}
    return {"id": record.id, **told, "state": record.state(now)}


def _spelled(limit: Limit | None) -> str:
    return f"{limit.calls} in {spelled(limit.per)}" if limit else ""


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _wrong(message: str, option: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint=f"'{option}'")
