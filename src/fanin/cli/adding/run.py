"""What `fanin add` does: it reads, drafts, looks at the file as it will be, writes, and says what it did."""

from dataclasses import dataclass
from pathlib import Path

import typer
from rich.table import Table

from fanin.cli.adding import curl, place, toml
from fanin.cli.adding.draft import Api, Draft, name_of
from fanin.cli.adding.openapi import Document
from fanin.cli.adding.operation import api_of, draft_of
from fanin.cli.adding.parse import parsed
from fanin.cli.adding.place import Addition, Wishes
from fanin.cli.adding.read import content_of, is_url
from fanin.cli.adding.swagger import as_openapi, is_swagger
from fanin.cli.adding.write import check, has_variables, write
from fanin.cli.exits import Exit
from fanin.cli.given import guard_of
from fanin.cli.options import configuration
from fanin.cli.terminal import messages, output, print_json
from fanin.config import Config
from fanin.config.mistake import name_like
from fanin.config.values import Json
from fanin.local.process.console import Problem

_MOST = 100
"""Operations at once."""
_BEGINNING = 4096
"""Bytes that tell a command line from a document."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says.

    Args:
        what: a document's file or URL, a command line of curl, or `-`.
        operations: ids, or methods and paths; empty for a list of all.
        name: of source and endpoint.
        upstream: the name of the API's upstream.
        server: the API's URL.
        caller: who may ask for the endpoints.
        source_only: whether there is no endpoint.
        dry_run: whether nothing is written.
        allow: addresses that a document's URL may have.
    """

    what: str
    operations: tuple[str, ...]
    name: str | None
    upstream: str | None
    server: str | None
    caller: str | None
    source_only: bool
    dry_run: bool
    allow: tuple[str, ...]


def run(wanted: Wanted, file: Path, *, as_json: bool) -> None:
    """Add to a file, or list what can be added.

    Raises:
        typer.BadParameter: the command line is wrong.
        typer.Exit: nothing could be added.
    """
    _check_names(wanted)
    try:
        drafts, api = _drafts(wanted, as_json=as_json)
        if not drafts:
            return
        if wanted.name and len(drafts) > 1:
            raise typer.BadParameter("several operations cannot have one name.", param_hint="'--name'")
        config = configuration(file, as_json=as_json, overridden=False) if file.exists() else None
        wishes = Wishes(wanted.name, wanted.upstream, wanted.caller, wanted.source_only, has_variables(file))
        added = place.addition(drafts, api, config, wishes)
        check(file, added)
        if not wanted.dry_run:
            write(file, added)
    except Problem as problem:
        messages().print(f"fanin: {problem}", soft_wrap=True)
        raise typer.Exit(Exit.FAILED) from problem
    if as_json:
        print_json(_json(added))
    elif wanted.dry_run:
        for variable, url in added.variables.items():
            output().print(f"# below [variables]\n{variable} = {toml.value(url)}\n", soft_wrap=True)
        output().print(added.text.removeprefix("\n"), end="", soft_wrap=True)
        for path, content in added.schemas.items():
            output().print(f"\n# {file.parent / path}, {len(content)} bytes", soft_wrap=True)
    _tell(added, file, config, dry_run=wanted.dry_run)


def _check_names(wanted: Wanted) -> None:
    """Look at the names that the command line chooses.

    Raises:
        typer.BadParameter: one is no name.
    """
    for given, option in ((wanted.name, "'--name'"), (wanted.upstream, "'--upstream'")):
        if given is not None and name_like(given) != given:
            raise typer.BadParameter(f"{given!r} is no name. Write {name_of(given)!r}.", param_hint=option)


def _drafts(wanted: Wanted, *, as_json: bool) -> tuple[list[Draft], Api | None]:
    """Read what is given; no draft if its operations were listed instead.

    Raises:
        Problem: it cannot be read, or no source can have it.
    """
    what, operations, server = wanted.what, wanted.operations, wanted.server
    if curl.is_curl(what):
        if operations or server or wanted.upstream:
            raise typer.BadParameter("a curl command has one request. Leave it out.", param_hint="'--operation'")
        return [curl.drafted(what)], None
    content = content_of(what, guard_of([*wanted.allow]))
    if what == "-" and curl.is_curl(content[:_BEGINNING].decode(errors="replace")):
        return [curl.drafted(content.decode(errors="replace"))], None
    root = parsed(content, what)
    document = Document(as_openapi(root, what) if is_swagger(root) else root, what)
    if not operations:
        _list(document, as_json=as_json)
        return [], None
    if len(operations) > _MOST:
        raise typer.BadParameter(f"at most {_MOST} at once.", param_hint="'--operation'")
    if server and not is_url(server):
        raise typer.BadParameter(f"{server!r} is no http or https URL.", param_hint="'--server'")
    found = [document.operation(each) for each in dict.fromkeys(operations)]
    apis = {api.url: api for api in (api_of(document, each, server) for each in found)}
    if len(apis) > 1:
        raise Problem(f"these operations have different servers: {', '.join(apis)}. Add those of each by themselves.")
    (api,) = apis.values()
    return [draft_of(document, each, wanted.upstream or api.name) for each in found], api


def _list(document: Document, *, as_json: bool) -> None:
    """Print the operations of a document."""
    known = list(document.operations())
    if as_json:
        listed: list[Json] = [
            {"operation": each.id, "method": each.method, "path": each.path, "summary": each.summary} for each in known
        ]
        print_json({"title": document.title, "operations": listed})
        return
    table = Table("Operation", "Method", "Path", "Summary", box=None, pad_edge=False)
    for each in known:
        table.add_row(*(_shown(text) for text in (each.id, each.method, each.path, each.summary)))
    output().print(table)
    counted = f"{len(known)} operation{'s' * (len(known) != 1)}"
    messages().print(f"{_shown(document.title)}: {counted}. Add some with --operation.", soft_wrap=True)


def _shown(text: str) -> str:
    """Write a document's text without characters that would move a terminal's cursor."""
    return "".join(c if c.isprintable() else " " for c in text)


def _json(added: Addition) -> Json:
    sources: list[Json] = [
        {
            "source": each.name,
            "endpoint": each.name if each.path else None,
            "method": each.draft.method,
            "path": each.path or None,
            "left_out": [*each.draft.left_out],
            "secrets": [*each.draft.secrets],
        }
        for each in added.places
    ]
    upstream: Json = None
    if added.upstream:
        upstream = {"name": added.upstream[0], "new": added.upstream[1]}
    return {"upstream": upstream, "added": sources, "schemas": [*added.schemas], "text": added.text}


def _tell(added: Addition, file: Path, config: Config | None, *, dry_run: bool) -> None:
    """Say on the error stream what was added, what was left out, and what is to be done."""
    console = messages()
    for each in added.places:
        what = f"{each.draft.method} {each.path}" if each.path else "no endpoint"
        console.print(
            f"{'would add' if dry_run else 'added'} {each.name} to {file}: {what}", style="bold", soft_wrap=True
        )
        for left_out in each.draft.left_out:
            console.print(f"  left out: {_shown(left_out)}", soft_wrap=True)
    known = {name for source in config.sources.values() for name in source.secrets} if config else set()
    secrets = {name: told for each in added.places for name, told in each.draft.secrets.items() if name not in known}
    for name, told in secrets.items():
        console.print(f"  set FANIN_SECRET_{name.upper()}: {_shown(told)}", soft_wrap=True)
    if not dry_run:
        first = added.places[0]
        console.print(f"Next: fanin check{f' && fanin explain {first.name}' if first.path else ''}", soft_wrap=True)
