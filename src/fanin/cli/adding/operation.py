"""An operation of an OpenAPI document as a draft of a source and its endpoint."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from fanin.cli.adding.contradiction import contradiction
from fanin.cli.adding.draft import Api, Draft, api_name, name_of
from fanin.cli.adding.openapi import Document, Node, Operation, content_of, items, line, table, text
from fanin.cli.adding.pages import put_pages
from fanin.cli.adding.parameters import put_parameters
from fanin.cli.adding.read import is_url
from fanin.cli.adding.schema import flat_members, schema_of
from fanin.cli.adding.security import put_security
from fanin.local.process.console import Problem

_FORM = "application/x-www-form-urlencoded"
_FORMATS = {
    "text/csv": "csv",
    "text/plain": "text",
    "text/html": "text",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/x-ndjson": "ndjson",
    "application/rss+xml": "feed",
    "application/atom+xml": "feed",
}
_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT, HTTPStatus.PARTIAL_CONTENT)
_MOST_FIELDS = 40
"""Fields of a form that are written, if the API can do without them."""


def api_of(document: Document, operation: Operation, server: str | None) -> Api:
    """Say where an operation's API is.

    Args:
        document: the document.
        operation: the operation.
        server: the URL that the command line has; None if it has none.

    Raises:
        Problem: the document does not say it, or not in full.
    """
    about = f"{document.title}, by {line(document.where.rpartition('/')[2], 60)}"
    given = next((each for each in (_servers(n) for n in (operation.node, operation.item, document.root)) if each), [])
    url = server or (_filled(given[0]) if given else "")
    if not is_url(url):
        base = document.where if is_url(document.where) else ""
        url = urljoin(base, url or "/")
    if not is_url(url):
        raise Problem(f"{document.where} does not say where the API is. Write --server https://….")
    parts = urlsplit(url)
    if parts.query or parts.fragment or "@" in parts.netloc or "{" in url or not url.isascii():
        raise Problem(f"no upstream can have the URL {url[:100]!r}. Write --server https://host/path.")
    if len(given) > 1 and not server:
        about += f"; there are {len(given) - 1} other servers, for --server"
    return Api(
        url.rstrip("/"), api_name(parts.hostname or "", line(table(document.root.get("info")).get("title"))), about
    )


def _servers(node: Node) -> list[Node]:
    """Give the servers that a part of the document names, those with https first."""
    known = [each for each in items(node.get("servers")) if isinstance(each, dict) and isinstance(each.get("url"), str)]
    return sorted(known, key=lambda each: each["url"].lower().startswith("http://"))


def _filled(server: Node) -> str:
    """Give a server's URL with the defaults of its variables."""
    url = text(server.get("url"))
    for name, variable in list(table(server.get("variables")).items())[:20]:
        default = table(variable).get("default")
        if isinstance(default, str | int):
            url = url.replace(f"{{{name}}}", str(default))
    return url[:2000]


def draft_of(document: Document, operation: Operation, api: str) -> Draft:
    """Make a draft of an operation.

    Args:
        document: the document.
        operation: the operation.
        api: the name of its upstream.

    Raises:
        Problem: fanin cannot make such a request at all.
    """
    name = name_of(text(operation.node.get("operationId")) or f"{operation.method} {operation.path}", otherwise=api)
    about = f"{line(operation.id, 80)}: {summary}" if (summary := operation.summary) else line(operation.id, 80)
    draft = Draft(name, f"{about}{' (deprecated)' if operation.node.get('deprecated') is True else ''}", "")
    draft.method = operation.method
    credentials = put_parameters(draft, document, operation)
    _put_body(draft, document, operation)
    _put_answer(draft, document, operation)
    put_security(draft, document, operation, api, credentials)
    if table(operation.node.get("callbacks")):
        draft.left_out.append("its callbacks: fanin does not wait for them")
    return draft


def _put_body(draft: Draft, document: Document, operation: Operation) -> None:
    """Put what a request sends into a draft."""
    body = document.followed(operation.node.get("requestBody"))
    content = content_of(document, body)
    if not content:
        return
    if draft.method in ("GET", "HEAD", "DELETE"):
        draft.left_out.append(f"the body of a {draft.method}")
        return
    json = next((kind for kind in content if kind == "application/json"), None)
    json = json or next((kind for kind in content if kind.endswith("+json") or kind == "*/*"), None)
    if json is not None:
        draft.source["body"] = "{input}"
        if json not in ("application/json", "*/*"):
            draft.source.setdefault("headers", {})["Content-Type"] = json
        _take_input(draft, document, content[json])
    elif _FORM in content:
        _put_form(draft, document, content[_FORM])
    elif body.get("required") is True:
        kinds = " or ".join(line(kind, 60) for kind in list(content)[:5])
        xml = any(kind.endswith("xml") for kind in content)
        by_hand = "Write XML into the source's key xml." if xml else "A handler can send it: docs/handlers.md."
        raise Problem(f"{line(operation.id, 80)} needs a body of {kinds}, and this adds JSON and forms. {by_hand}")
    else:
        draft.left_out.append("the body, which is neither JSON nor a form")


def _take_input(draft: Draft, document: Document, content: Node) -> None:
    """Take the schema of a body, unless the document's own examples do not keep to it; any body is taken then."""
    made = schema_of(document, content.get("schema"), "request")
    draft.input = made.document if made else {}
    if (where := contradiction(document, content, draft.input)) is not None:
        draft.input = {}
        draft.left_out.append(_contradicted("body", where))
    elif made:
        draft.left_out += [f"of the body, {each}" for each in made.left_out]


def _contradicted(what: str, where: str) -> str:
    at = f" at {where}" if where else ""
    return f"the schema of the {what}: the document's own example is not as it says{at}"


def _put_form(draft: Draft, document: Document, content: Node) -> None:
    """Put the fields of a form into a draft; one that the client does not send is left out."""
    schema = content.get("schema")
    form: dict[str, Any] = {}
    left_out = []
    for name, member, required in flat_members(document, schema):
        kinds = [member["type"]] if isinstance(member.get("type"), str) else items(member.get("type"))
        plain = "object" not in kinds and "array" not in kinds and "properties" not in member
        named = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
        if plain and named and (required or len(form) < _MOST_FIELDS):
            form[name] = f"{{input.{name}{'' if required else '?'}}}"
        else:
            left_out.append(name)
    if left_out:
        names = ", ".join(line(name, 40) for name in left_out[:_MOST_FIELDS])
        draft.left_out.append(f"lists and objects of the form, and fields beyond {_MOST_FIELDS}: {names}")
    if form:
        draft.source["form"] = form
        _take_input(draft, document, content)


def _put_answer(draft: Draft, document: Document, operation: Operation) -> None:
    """Put what an answer is into a draft: its status, its format, and the schema of its value."""
    answers = table(operation.node.get("responses"))
    good = sorted(status for status in answers if len(status) == 3 and status[0] == "2")
    good = good or [status for status in answers if status == "default"]
    nodes = {status: document.followed(answers[status], lenient=True) for status in good}
    found = [(status, content_of(document, node)) for status, node in nodes.items()]
    status, content = next(((s, c) for s, c in found if c), found[0] if found else ("", {}))
    if status.isascii() and status.isdecimal():
        _take_status(draft, int(status), {int(each): bool(content) for each, content in found if each.isdecimal()})
    if draft.method == "HEAD":
        draft.method, draft.source["method"] = "GET", "HEAD"
        return
    json = next((kind for kind in content if kind in ("application/json", "*/*")), None)
    json = json or next((kind for kind in content if kind.endswith("json")), None)
    if json is not None:
        if json not in ("application/json", "*/*") and json.isprintable():
            draft.source.setdefault("headers", {}).setdefault("Accept", json)
        made = schema_of(document, content[json].get("schema"), "response")
        draft.expect = made.document if made else None
        draft.left_out += [f"of the answer, {each}" for each in made.left_out] if made else []
        member = put_pages(draft, document, nodes[status], content[json].get("schema"))
        _drop_contradicted(draft, document, content[json], member)
    elif content:
        kind = next((kind for kind in content if kind in _FORMATS), next(iter(content)))
        draft.source["format"] = _FORMATS.get(kind, "bytes")
        draft.passes = kind not in _FORMATS
        if draft.passes:
            draft.source["max_bytes"] = "4MB"


def _drop_contradicted(draft: Draft, document: Document, content: Node, member: str) -> None:
    """Leave out the schema of an answer, or of a member of it, that the document's own examples do not keep to."""
    if draft.expect is None or (where := contradiction(document, content, draft.expect, member)) is None:
        return
    draft.expect = None
    draft.left_out.append(_contradicted("answer", where))


def _take_status(draft: Draft, status: int, good: dict[int, bool]) -> None:
    """Put the status of a success into a draft; `good` says of each whether it has a body."""
    if HTTPStatus.ACCEPTED in good:
        draft.source["statuses"] = {"202": "value" if good[HTTPStatus.ACCEPTED] else "null"}
    if status != HTTPStatus.OK and status not in _WITHOUT_BODY and status != HTTPStatus.ACCEPTED:
        draft.status = status
