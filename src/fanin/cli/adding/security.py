"""The credentials of an API as `auth` of fanin.toml, with references to secrets: no client of an endpoint sends them.

Documents name them as security schemes, and many have them among the parameters of their operations.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fanin.cli.adding.declared import Given, type_of
from fanin.cli.adding.draft import Draft, name_of
from fanin.cli.adding.openapi import Document, Node, Operation, items, line, table, text
from fanin.cli.adding.read import is_url
from fanin.config.headers import check_header_name
from fanin.config.likely_secrets import names_secret
from fanin.config.mistake import Mistake

type Wanted = list[tuple[str, Node, list[Any]]]
"""Schemes that are needed together: name, scheme and scopes of each."""

_OF_A_REQUEST = ("page", "next", "cursor", "continu", "idempot", "old", "new", "reset", "forgot")
"""In the name of what is called a token or a key, and says something of one request."""
_OF_EITHER = frozenset(("key", "token", "secret", "password", "pass", "pin", "session", "sid", "signature", "sig"))
"""Names that may as well be of one request, such as the key of a thing: most operations need what is of the API."""
_NOT_NEEDED = "credentials, which the API takes and does not need"


def is_credential(document: Document, each: Given, named: Collection[tuple[str, str]]) -> bool:
    """Whether a parameter of query or header is a credential of the API.

    It is if the document has named it, or if it is needed, any text, and named like a secret.

    Args:
        document: the document.
        each: the parameter.
        named: those that the document has named, as `named_credentials` gives them.
    """
    name = each.name.lower()
    if (each.place, name) in named:
        return True
    if not each.required or type_of(each.schema) != "string" or each.schema.get("enum"):
        return False
    if not names_secret(each.name) or any(word in name for word in _OF_A_REQUEST):
        return False
    return name not in _OF_EITHER or _most_need(document, each)


def _most_need(document: Document, parameter: Given) -> bool:
    """Whether more than half of a document's operations need a parameter."""
    wanted, needed, operations = (parameter.place, parameter.name), 0, 0
    for operation in document.operations():
        given = [document.followed(node, lenient=True) for node in operation.parameters]
        needed += any((node.get("in"), node.get("name")) == wanted and node.get("required") is True for node in given)
        operations += 1
    return 2 * needed > operations


def named_credentials(document: Document) -> set[tuple[str, str]]:
    """Give place and name, in lower case, of the header Authorization, and of API keys that are security schemes."""
    schemes = [document.followed(each, lenient=True) for each in _known(document).values()]
    keys = {(text(s.get("in")), text(s.get("name")).lower()) for s in schemes if text(s.get("type")) == "apiKey"}
    return {("header", "authorization"), *keys}


def _known(document: Document) -> Node:
    return table(table(document.root.get("components")).get("securitySchemes"))


def put_security(draft: Draft, document: Document, operation: Operation, api: str, parameters: Sequence[Given]) -> None:
    """Put the credentials that an operation needs into a draft; the values are in no document.

    Args:
        draft: the draft.
        document: the document.
        operation: the operation.
        api: what the names of secrets begin with.
        parameters: those of the operation that are credentials.
    """
    for name, scheme, scopes in _chosen(draft, document, operation):
        if (auth := _auth(draft, line(name, 40), scheme, scopes, api)) is not None:
            _put(draft, auth)
    for each in parameters:
        if _has(draft, each.place, each.name):
            continue
        if each.required:
            _put_parameter(draft, each, api)
        elif _NOT_NEEDED not in draft.left_out:
            draft.left_out.append(_NOT_NEEDED)
    written = str((draft.url, draft.source, draft.auth))
    draft.secrets = {name: what for name, what in draft.secrets.items() if f"{{!{name}}}" in written}


def _chosen(draft: Draft, document: Document, operation: Operation) -> Wanted:
    """Choose among the ways to authenticate; none if it can be done without."""
    given = operation.node.get("security", document.root.get("security"))
    choices = [_schemes(document, each) for each in items(given) if isinstance(each, dict)]
    if not choices or [] in choices:
        if any(choices):
            draft.left_out.append(_NOT_NEEDED)
        return []
    chosen = min(choices, key=lambda wanted: (len(wanted), min(_rank(scheme) for _, scheme, _ in wanted)))
    if len(choices) > 1:
        others = ", ".join(dict.fromkeys(line(each[0][0], 40) for each in choices if each is not chosen))
        draft.left_out.append(f"other ways to authenticate: {others}")
    return chosen


def _put_parameter(draft: Draft, each: Given, api: str) -> None:
    """Put a credential that the document has as a parameter."""
    what = f"the header {each.name}" if each.place == "header" else f"the parameter {each.name!r} of the query"
    own = name_of(each.name)
    secret = own if own.startswith(f"{api}_") else f"{api}_{own}"
    _put(draft, {each.place: {"name": each.name, "value": _secret(draft, secret, what)}})


def _schemes(document: Document, requirement: Mapping[str, Any]) -> Wanted:
    known = _known(document)
    return [
        (name, document.followed(known.get(name), lenient=True), items(scopes)) for name, scopes in requirement.items()
    ]


def _rank(scheme: Node) -> int:
    """Say how well fanin does a scheme, best first."""
    kind = (text(scheme.get("type")), text(scheme.get("scheme")).lower() or text(scheme.get("in")))
    if kind[0] == "oauth2":
        return 0 if "clientCredentials" in table(scheme.get("flows")) else 5
    order = [("http", "bearer"), ("apiKey", "header"), ("http", "basic"), ("apiKey", "query")]
    return order.index(kind) + 1 if kind in order else 9


def _secret(draft: Draft, name: str, what: str) -> str:
    """Give the reference to a secret of such a name that is of nothing else."""
    own = name_of(name, draft.secrets)
    draft.secrets[own] = what
    return f"{{!{own}}}"


def _auth(draft: Draft, name: str, scheme: Node, scopes: list[Any], api: str) -> dict[str, Any] | None:
    """Write one scheme as `auth`; None for one that fanin does not have."""
    kind = text(scheme.get("type"))
    if kind == "apiKey" and (where := line(scheme.get("name"), 100)):
        return _api_key(draft, text(scheme.get("in")), where, api)
    match kind, text(scheme.get("scheme")).lower():
        case "http", "basic":
            user = _secret(draft, f"{api}_user", "the user of Basic authentication")
            return {"basic": {"user": user, "password": _secret(draft, f"{api}_password", "its password")}}
        case "http", "bearer":
            return {"bearer": _secret(draft, f"{api}_token", "the bearer token")}
        case "oauth2", _:
            return _oauth2(draft, name, scheme, scopes, api)
        case "openIdConnect", _:
            draft.left_out.append(f"how {name} gives tokens (OpenID Connect): the secret has to be a token that lasts")
            return {"bearer": _secret(draft, f"{api}_token", "an access token")}
    draft.left_out.append(f"the credentials of {name}, a kind that fanin does not have; see auth, tls and headers")
    return None


def _api_key(draft: Draft, place: str, where: str, api: str) -> dict[str, Any]:
    if place == "query":
        value = _secret(draft, f"{api}_key", f"the parameter {where!r} of the query")
        return {"query": {"name": where, "value": value}}
    if place == "cookie":
        value = _secret(draft, f"{api}_cookie", f"the cookie {where!r}")
        return {"header": {"name": "Cookie", "value": f"{where}={value}"}}
    return {"header": {"name": where, "value": _secret(draft, f"{api}_key", f"the value of the header {where}")}}


def _oauth2(draft: Draft, name: str, scheme: Node, scopes: list[Any], api: str) -> dict[str, Any]:
    flow = table(table(scheme.get("flows")).get("clientCredentials"))
    url = text(flow.get("tokenUrl"))
    if is_url(url):
        return {
            "oauth2": {
                "token_url": url,
                "client_id": _secret(draft, f"{api}_client_id", "the id of an OAuth 2.0 client"),
                "client_secret": _secret(draft, f"{api}_client_secret", "its secret"),
                **({"scope": joined} if (joined := " ".join(line(each, 100) for each in scopes)) else {}),
            }
        }
    why = "its token's URL is not absolute" if flow else "it is for people who log in"
    draft.left_out.append(f"how {name} gives tokens (OAuth 2.0, {why}): the secret has to be a token that lasts")
    return {"bearer": _secret(draft, f"{api}_token", "an access token")}


def _put(draft: Draft, auth: dict[str, Any]) -> None:
    """Put credentials into a draft; those that are needed beside others into headers or the query."""
    ((place, written),) = auth.items()
    name = written["name"] if place in ("header", "query") else ""
    try:
        if place == "header":
            check_header_name(name)
    except Mistake as mistake:
        draft.left_out.append(f"credentials in the header {line(name, 60)!r}: {mistake.message}")
        return
    if draft.auth is None:
        draft.auth = auth
    elif not name:
        draft.left_out.append(f"a second kind of credentials: {place}")
    elif _has(draft, place, name):
        draft.left_out.append(f"a second kind of credentials, which has its place in {name} as well")
    elif place == "header":
        draft.source.setdefault("headers", {})[name] = written["value"]
    else:
        draft.url += f"{'&' if '?' in draft.url else '?'}{quote(name, safe='')}={written['value']}"


def _has(draft: Draft, place: str, name: str) -> bool:
    """Whether a draft has a header, or a parameter of the query, already."""
    auth = draft.auth or {}
    if place in auth and auth[place]["name"].lower() == name.lower():
        return True
    if place == "query":
        key = quote(name, safe="")
        return any(pair.partition("=")[0] == key for pair in draft.url.partition("?")[2].split("&"))
    headers = {each.lower() for each in draft.source.get("headers", {})}
    if auth and auth.keys().isdisjoint(("header", "query")):
        headers.add("authorization")
    return name.lower() in headers
