"""Where drafts go in a fanin.toml: names that are free there, an upstream, and a file that can be served afterwards."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from fanin.cli.adding import render
from fanin.cli.adding.draft import Api, Draft
from fanin.cli.adding.render import Place
from fanin.config import Config, load
from fanin.config.check import RESERVED_PATHS
from fanin.config.files import files_of
from fanin.config.finding import ConfigError
from fanin.config.format import ANYONE
from fanin.config.path import pattern_of
from fanin.config.template import UrlTemplate
from fanin.local.process.console import Problem

NEW_FILE = "fanin = 1\n"
"""What a file begins with that is not there yet."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says of where drafts go.

    Args:
        name: of source and endpoint; None for what the document calls it.
        upstream: the name of the API's upstream; None for one by its host.
        caller: who may ask for the endpoints; None for what the file says.
        source_only: whether there is no endpoint.
    """

    name: str | None = None
    upstream: str | None = None
    caller: str | None = None
    source_only: bool = False


@dataclass(slots=True)
class Addition:
    """What is added to a file.

    Args:
        text: what is appended, which begins with an empty line.
        schemas: files beside it, by their paths.
        places: where each draft stands.
        upstream: the upstream's name, and whether it is new; None without one.
    """

    text: str
    schemas: dict[str, bytes] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    upstream: tuple[str, bool] | None = None


def upstream_named(api: Api, config: Config | None, wished: str | None) -> tuple[str, bool]:
    """Name the upstream for an API, and say whether it has to be written.

    Raises:
        Problem: the name is that of another API.
    """
    known = config.upstreams if config else {}
    for name, upstream in known.items():
        if _url(upstream.url) == api.url and wished in (None, name):
            return name, False
    name = wished or api.name
    if name in known:
        raise Problem(f"the upstream {name!r} is there, for another URL than {api.url}. Say another: --upstream NAME.")
    return name, True


def _url(url: UrlTemplate) -> str:
    return url.origin + "".join("/" + "".join(map(str, segment.pieces)) for segment in url.segments if segment.pieces)


def addition(drafts: Iterable[Draft], api: Api | None, config: Config | None, wishes: Wishes) -> Addition:
    """Find places for drafts, and write what is added.

    Args:
        drafts: the drafts.
        api: the API that they are of; None if each has its whole URL.
        config: the file as it is; None if there is none.
        wishes: what the command line says.

    Raises:
        Problem: a name is taken, or nothing says who may ask.
    """
    drafts = list(drafts)
    added = Addition("")
    named = upstream_named(api, config, wishes.upstream) if api else None
    shared = _shared_auth(drafts) if named and named[1] else None
    inherits = False
    if config and named and not named[1]:
        inherits = config.upstreams[named[0]].auth is not None
    parts: list[str] = []
    if api and named and named[1]:
        parts.append(render.upstream(named[0], api, shared, private=is_private(api.url)))
    taken = set(config.sources) | set(config.endpoints) if config else set()
    routes = {(str(each.method), pattern_of(each.path)) for each in config.endpoints.values()} if config else set()
    for draft in drafts:
        name = wishes.name or draft.name
        if name in taken:
            what = "--name NAME" if len(drafts) == 1 else "add it by itself with --name NAME"
            raise Problem(f"the name {name!r} is taken. Say another: {what}.")
        taken.add(name)
        path = "" if wishes.source_only else _path(draft, name, routes)
        own = draft.auth is not None and draft.auth != shared and not inherits
        place = Place(draft, name, path, _caller(config, wishes), named[0] if named else "", own)
        written = render.rendered(place)
        added.schemas |= written.schemas
        added.places.append(place)
        parts.append(written.text)
    if config is None and wishes.source_only:
        parts.append("[endpoints]\n")  # which a file has to have
    added.text = "".join(f"\n{part}" for part in parts)
    added.upstream = named
    return added


def _shared_auth(drafts: list[Draft]) -> Mapping[str, Any] | None:
    """Give the credentials that stand at the upstream: those of all drafts; a source cannot do without them then."""
    first = drafts[0].auth
    return first if all(draft.auth == first for draft in drafts) else None


def _path(draft: Draft, name: str, routes: set[tuple[str, str]]) -> str:
    """Give the endpoint's path: the API's own if it can be had, else one by the name."""
    own = "/".join(
        ["", name.replace("_", "-"), *(f"{{{each}}}" for each, it in draft.parameters.items() if it.in_path)]
    )
    for path in (draft.path, own):
        first = path.split("/")[1] if path else ""
        route = (draft.method, pattern_of(path))
        if path and first not in RESERVED_PATHS and not first.startswith("{") and route not in routes:
            routes.add(route)
            return path
    raise Problem(f"the path {own!r} is taken. Say another name: --name NAME.")


def _caller(config: Config | None, wishes: Wishes) -> str:
    """Say who may ask, in a file whose endpoints have callers.

    Raises:
        Problem: nothing says it.
    """
    known: list[str] = [*(config.callers if config else ()), ANYONE]
    if wishes.caller is not None:
        if wishes.caller not in known:
            raise Problem(f"there is no caller {wishes.caller!r}. Write one of: {', '.join(known)}.")
        return wishes.caller
    if config is None or config.caller or len(known) == 1 or wishes.source_only:
        return ""
    if len(known) == 2:
        return known[0]
    raise Problem(f"the file does not say who may ask for new endpoints. Write --caller {known[0]}, or another.")


def is_private(url: str) -> bool:
    """Whether a URL names an address that is neither public nor this machine's."""
    try:
        address = ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return False
    return not address.is_global and not address.is_loopback


def check(file: Path, added: Addition) -> Config:
    """Read the file as it will be, in a folder of its own: nothing is written that cannot be served.

    Args:
        file: the file, which need not be there.
        added: what is added.

    Raises:
        Problem: a schema's file is there; the file could not be served.
    """
    for path in added.schemas:
        if (file.parent / path).exists():
            raise Problem(f"{file.parent / path} is there already. Say another name: --name NAME, or move it.")
    with TemporaryDirectory(prefix="fanin-add-") as made:
        folder = Path(made)
        for each in files_of(file) if file.is_file() else ():
            target = folder / each.resolve().relative_to(file.parent.resolve())
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each, target)
        _write(folder / file.name, added)
        try:
            return load(folder / file.name, {})
        except ConfigError as error:
            first = error.findings[0]
            where = ".".join(map(str, first.key))
            at = f" at {where}" if where else ""
            raise Problem(f"the file could not be served with it: {first.message}{at}. {first.fix}.") from error


def write(file: Path, added: Addition) -> None:
    """Append to a file, and write the schemas beside it; nothing that is there is changed.

    Raises:
        Problem: it cannot be written.
    """
    try:
        _write(file, added)
    except OSError as error:
        raise Problem(f"{error.filename or file} cannot be written: {error.strerror}.") from error


def _write(file: Path, added: Addition) -> None:
    for path, content in added.schemas.items():
        (file.parent / path).parent.mkdir(exist_ok=True)
        with (file.parent / path).open("xb") as schema:
            schema.write(content)
    if not file.exists():
        file.write_text(NEW_FILE, encoding="utf-8", newline="")
    there = file.read_bytes()
    text = added.text if there.endswith(b"\n") else f"\n{added.text}"
    ends = "\r\n" if b"\r\n" in there else "\n"
    with file.open("a", encoding="utf-8", newline=ends) as toml:
        toml.write(text)
