"""Where drafts go in a fanin.toml: names that are free there, an upstream, and a file that can be served afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fanin.cli.adding import render
from fanin.cli.adding.draft import Api, Draft, is_private, name_of
from fanin.cli.adding.render import Place
from fanin.config import Config
from fanin.config.check import RESERVED_PATHS
from fanin.config.format import ANYONE
from fanin.config.origins import origin_of
from fanin.config.path import pattern_of
from fanin.config.template import UrlTemplate
from fanin.local.process.console import Problem


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says of where drafts go.

    Args:
        name: of source and endpoint; None for what the document calls it.
        upstream: the name of the API's upstream; None for one by its host.
        caller: who may ask for the endpoints; None for what the file says.
        source_only: whether there is no endpoint.
        variable: whether the file has variables, so that the URLs of APIs are among them.
    """

    name: str | None = None
    upstream: str | None = None
    caller: str | None = None
    source_only: bool = False
    variable: bool = False


@dataclass(slots=True)
class Addition:
    """What is added to a file.

    Args:
        text: what is appended, which begins with an empty line.
        schemas: files beside it, by their paths.
        places: where each draft stands.
        upstream: the upstream's name, and whether it is new; None without one.
        variables: lines for the file's table of variables: values by name.
    """

    text: str
    schemas: dict[str, bytes] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    upstream: tuple[str, bool] | None = None
    variables: dict[str, str] = field(default_factory=dict)


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
    _part_secrets(drafts, api, config)
    added = Addition("")
    named = upstream_named(api, config, wishes.upstream) if api else None
    shared = _shared_auth(drafts) if named and named[1] else None
    inherits = False
    if config and named and not named[1]:
        inherits = config.upstreams[named[0]].auth is not None
    parts: list[str] = []
    if api and named and named[1]:
        url = _variable(api.url, named[0], config, wishes, added)
        parts.append(render.upstream(named[0], api, url, shared, private=is_private(api.url)))
    taken = set(config.sources) | set(config.endpoints) if config else set()
    routes = {(str(each.method), pattern_of(each.path)) for each in config.endpoints.values()} if config else set()
    for draft in drafts:
        name = wishes.name or draft.name
        if name in taken:
            what = "--name NAME" if len(drafts) == 1 else "add it by itself with --name NAME"
            raise Problem(f"the name {name!r} is taken. Say another: {what}.")
        taken.add(name)
        path = "" if wishes.source_only else _path(draft, name, routes)
        origin = _variable(draft.origin, draft.api, config, wishes, added) if draft.origin else ""
        own = draft.auth is not None and draft.auth != shared and not inherits
        place = Place(draft, name, path, _caller(config, wishes), named[0] if named else "", own, origin)
        written = render.rendered(place)
        added.schemas |= written.schemas
        added.places.append(place)
        parts.append(written.text)
    if config is None and wishes.source_only:
        parts.append("[endpoints]\n")  # which a file has to have
    added.text = "".join(f"\n{part}" for part in parts)
    added.upstream = named
    return added


def _part_secrets(drafts: list[Draft], api: Api | None, config: Config | None) -> None:
    """Rename secrets that the file has for another origin: no API gets the credentials of another."""
    known: dict[str, set[str | None]] = {}
    for source in config.sources.values() if config else ():
        for secret in source.secrets:
            known.setdefault(secret, set()).update(map(origin_of, source.origins_by_key.values()))
    for draft in drafts:
        origin = origin_of(api.url if api else draft.origin)
        for name in [name for name in draft.secrets if origin not in known.get(name, {origin})]:
            draft.rename_secret(name, name_of(name, {*known, *draft.secrets}))


def _variable(url: str, name: str, config: Config | None, wishes: Wishes, added: Addition) -> str:
    """Give what stands for the URL of an API: a variable of the file, which environments and fakes override."""
    known = {**(config.variables if config else {}), **added.variables}
    same = next((variable for variable, value in known.items() if value.rstrip("/") == url), None)
    if same is not None:
        return f"{{${same}}}"
    if not wishes.variable or name in known:
        return url
    added.variables[name] = url
    return f"{{${name}}}"


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
