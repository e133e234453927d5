"""The parameters of an operation: references in URL and headers of the source, and declarations of the endpoint."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from fanin.cli.adding.declared import Given, declared_of, is_taken, type_of
from fanin.cli.adding.draft import Draft, Taken, name_of
from fanin.cli.adding.openapi import Document, Operation, line, table, text
from fanin.cli.adding.security import is_credential, named_credentials
from fanin.config.headers import check_header_name
from fanin.config.mistake import Mistake
from fanin.config.template import braced
from fanin.local.process.console import Problem

_IN_PATH = "-._~!$&'()*+,;=:@"
_IN_QUERY = "-._~!$'()*,;:@/?[]="
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_MOST = 200
"""Parameters of an operation."""
_BY_THEMSELVES = frozenset(("accept", "content-type"))
"""Headers that OpenAPI says by other means."""


def put_parameters(draft: Draft, document: Document, operation: Operation) -> list[Given]:
    """Put an operation's parameters into a draft: its URL, headers, and what its endpoint takes.

    Returns:
        those that are credentials, which no client of the endpoint is to send.

    Raises:
        Problem: the path has something that no source's URL has.
    """
    given = list(_given(document, operation))
    in_path = {each.name: each for each in given if each.place == "path"}
    path, _, query = operation.path.partition("?")
    draft.url, draft.path = _path(draft, path, in_path)
    pairs = [_encoded(pair, _IN_QUERY) for pair in query.split("&") if pair]
    credentials, named = list[Given](), named_credentials(document)
    for each in given:
        match each.place:
            case "header" if each.name.lower() in _BY_THEMSELVES:
                pass
            case "query" | "header" if is_credential(document, each, named):
                credentials.append(each)
            case "query":
                _in_query(draft, each, pairs)
            case "header":
                _in_header(draft, each)
            case "cookie":
                _in_cookie(draft, each)
    if pairs:
        draft.url += ("&" if "?" in draft.url else "?") + "&".join(pairs)
    return credentials


def _given(document: Document, operation: Operation) -> Iterator[Given]:
    """Give the parameters of a path and of its operation, whose own replace those of the path."""
    found: dict[tuple[str, str], Given] = {}
    if len(operation.parameters) > _MOST:
        raise Problem(f"{line(operation.id, 80)} has over {_MOST} parameters.")
    for node in operation.parameters:
        each = document.followed(node)
        name, place = text(each.get("name")), text(each.get("in"))
        if not name or place not in ("path", "query", "header", "cookie"):
            continue
        content = next(iter(table(each.get("content")).values()), None)
        schema = document.followed(each.get("schema"), lenient=True)
        if content is not None:
            schema = {"type": "object"}
        found[name, place] = Given(name, place, each.get("required") is True, each, schema)
    yield from found.values()


def _path(draft: Draft, path: str, known: dict[str, Given]) -> tuple[str, str]:
    """Write a path for a source, and for an endpoint; the latter is empty if no endpoint has such a path."""
    if "#" in path:
        raise Problem(f"the path {path!r} has a '#', which no path of a source has.")
    sources, endpoints, whole = list[str](), list[str](), True
    for segment in path[1:].split("/"):
        pieces = list(_pieces(segment))
        if "".join(piece for piece, is_name in pieces if not is_name).lower().replace("%2e", ".") in (".", "..") and (
            len(pieces) == 1
        ):
            raise Problem(f"the path {path!r} has a . or .. segment, which leads elsewhere.")
        of_source = of_endpoint = ""
        for position, (piece, is_name) in enumerate(pieces):
            own = _of_path(draft, piece, known) if is_name else ""
            escape = ":odata" if own and _is_odata(pieces, position) else ""
            of_source += f"{{{own}{escape}}}" if is_name else _encoded(piece)
            of_endpoint += f"{{{own}}}" if is_name else _encoded(piece)
        sources.append(of_source)
        endpoints.append(of_endpoint)
        only = len(pieces) == 1
        whole &= not pieces or (
            only and (pieces[0][1] or all(c.isascii() and (c.isalnum() or c in "._~-") for c in segment))
        )
    if endpoints and endpoints[-1] == "":
        endpoints.pop()
    endpoint = "/" + "/".join(endpoints)
    whole &= bool(endpoints) and "" not in endpoints and endpoint.count("{") == len(set(_names(endpoint)))
    return "/" + "/".join(sources), endpoint if whole else ""


def _names(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment.startswith("{")]


def _pieces(segment: str) -> Iterator[tuple[str, bool]]:
    """Cut a segment at its parameters; gives texts, and names of parameters."""
    rest = segment
    while rest:
        literal, brace, behind = rest.partition("{")
        if literal:
            yield literal, False
        name, end, rest = behind.partition("}")
        if brace and not (end and name):
            raise Problem(f"the path has a brace without its partner: {segment[:60]!r}.")
        if brace:
            yield name, True


def _is_odata(pieces: list[tuple[str, bool]], position: int) -> bool:
    """Whether a parameter is a text key of OData: `/Products('{id}')`, or `(Name='{name}')`."""
    before, behind = (pieces[at][0] if 0 <= at < len(pieces) else "" for at in (position - 1, position + 1))
    return before.endswith(("('", "='")) and behind.startswith(("')", "',"))


def _encoded(literal: str, safe: str = _IN_PATH) -> str:
    plain = quote(literal, safe=f"{safe}%")
    return quote(literal, safe=safe) if _lone_percent(plain) else plain


def _lone_percent(written: str) -> bool:
    digits = "0123456789abcdefABCDEF"
    return any(len(part) < 2 or part[0] not in digits or part[1] not in digits for part in written.split("%")[1:])


def _of_path(draft: Draft, name: str, known: dict[str, Given]) -> str:
    """Declare a parameter of the path, and give its name."""
    for own, taken in draft.parameters.items():
        if taken.in_path == name:  # it stands in the path twice
            return own
    each = known.get(name) or Given(name, "path", required=True, node={}, schema={"type": "string"})
    own = name_of(name, draft.parameters)
    declared, lost = declared_of(each)
    if declared.get("type") == "list":
        declared, lost = {"description": declared.get("description", "")}, [*lost, "is a list, which is one text here"]
    declared.pop("default", None)
    _note(draft, f"{{{name}}} of the path", lost)
    draft.parameters[own] = Taken(declared, in_path=name)
    return own


def _in_query(draft: Draft, each: Given, pairs: list[str]) -> None:
    style = text(each.node.get("style")) or "form"
    kind = type_of(each.schema)
    if kind == "object" or style not in ("form", *_SEPARATORS):
        _not_said(draft, each, f"{line(each.name, 60)!r} in the query, an object")
        return
    key = quote(each.name, safe=_IN_QUERY.replace("=", ""))
    declared, lost = declared_of(each)
    if declared.get("type") == "list" and (separator := _separator(each, style)):
        declared["separator"] = separator
        draft.source.setdefault("separator", separator)
        if draft.source["separator"] != separator:
            _not_said(draft, each, f"{line(each.name, 60)!r} in the query, with another separator than others")
            return
    _note(draft, f"{line(each.name, 60)!r} of the query", lost)
    own = name_of(each.name, draft.parameters)
    taken = _taken(each, own, declared)
    draft.parameters[own] = taken
    optional = "?" if taken.declared.get("optional") else ""
    pair = f"{key}={{{own}{optional}}}"
    if taken.by_default:
        pairs.append(pair)
    else:
        draft.optional.append(f"&{pair}")


def _separator(each: Given, style: str) -> str:
    if each.node.get("explode") is not False and style == "form":
        return ""
    return _SEPARATORS.get(style, ",")


def _in_header(draft: Draft, each: Given) -> None:
    try:
        check_header_name(each.name)
    except Mistake as mistake:
        _not_said(draft, each, f"the header {line(each.name, 60)!r}: {mistake.message}")
        return
    declared, lost = declared_of(each)
    values = declared.get("enum")
    if each.required and isinstance(values, list) and len(values) == 1:
        draft.source.setdefault("headers", {})[each.name] = braced(str(values[0]))
        return
    if declared.get("type") == "list":
        declared = {"description": declared.get("description", "")}
    _note(draft, f"the header {each.name!r}", lost)
    own = name_of(each.name, draft.parameters)
    taken = _taken(each, own, declared, place="header")
    draft.parameters[own] = taken
    if taken.by_default:
        draft.source.setdefault("headers", {})[each.name] = f"{{{own}}}"
    else:
        draft.optional.append(f'headers.{each.name} = "{{{own}?}}"')


def _in_cookie(draft: Draft, each: Given) -> None:
    what = f"the cookie {line(each.name, 60)!r}"
    draft.left_out.append(f"{what}, which the API needs: write it into headers" if each.required else what)


def _taken(each: Given, own: str, declared: dict[str, Any], place: str = "query") -> Taken:
    """Declare a parameter outside of the path."""
    whole: dict[str, Any] = {}
    if place != "query":
        whole["in"] = place
    if own != each.name:
        whole["sent_as"] = each.name
    whole |= declared
    if not each.required and "default" not in whole:
        whole["optional"] = True
    if not is_taken(whole):
        whole.pop("sent_as", None)
    if place == "header" and "_" in whole.get("sent_as", own):  # servers and proxies drop such headers of clients
        whole["sent_as"] = own.replace("_", "-")
    return Taken(whole, by_default=each.required)


def _not_said(draft: Draft, each: Given, what: str) -> None:
    draft.left_out.append(f"{what}, which the API needs" if each.required else what)


def _note(draft: Draft, what: str, lost: Iterable[str]) -> None:
    draft.left_out += [f"{what}: {each}" for each in lost]
