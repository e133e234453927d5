"""The security schemes of an OpenAPI document as `auth` of fanin.toml, with references to secrets."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fanin.cli.adding.draft import Draft
from fanin.cli.adding.openapi import Document, Node, Operation, items, line, table, text
from fanin.cli.adding.read import is_url

type Wanted = list[tuple[str, Node, list[Any]]]
"""Schemes that are needed together: name, scheme and scopes of each."""


def put_security(draft: Draft, document: Document, operation: Operation, api: str) -> None:
    """Put the credentials that an operation needs into a draft; the values are in no document.

    Args:
        draft: the draft.
        document: the document.
        operation: the operation.
        api: what the names of secrets begin with.
    """
    given = operation.node.get("security", document.root.get("security"))
    choices = [_schemes(document, each) for each in items(given) if isinstance(each, dict)]
    if not choices or [] in choices:
        if any(choices):
            draft.left_out.append("credentials, which the API takes and does not need")
        return
    chosen = min(choices, key=lambda wanted: (len(wanted), min(_rank(scheme) for _, scheme, _ in wanted)))
    if len(choices) > 1:
        others = ", ".join(dict.fromkeys(line(each[0][0], 40) for each in choices if each is not chosen))
        draft.left_out.append(f"other ways to authenticate: {others}")
    for position, (name, scheme, scopes) in enumerate(chosen):
        auth = _auth(draft, line(name, 40), scheme, scopes, api)
        if auth is None:
            continue
        if draft.auth is None:
            draft.auth = auth
        else:
            _beside(draft, auth, position)


def _schemes(document: Document, requirement: Mapping[str, Any]) -> Wanted:
    known = table(table(document.root.get("components")).get("securitySchemes"))
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
    draft.secrets[name] = what
    return f"{{!{name}}}"


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


def _beside(draft: Draft, auth: dict[str, Any], position: int) -> None:
    """Put credentials that are needed beside others into headers or the query, with a secret of their own."""
    match auth:
        case {"header": {"name": name, "value": value}} | {"query": {"name": name, "value": value}}:
            if value.startswith("{!"):
                taken = value[2:-1]
                own = f"{taken}_{position + 1}"
                draft.secrets[own] = f"{'the header' if 'header' in auth else 'the parameter'} {name}"
                value = f"{{!{own}}}"
            if "header" in auth:
                draft.source.setdefault("headers", {})[name] = value
            else:
                draft.url += f"{'&' if '?' in draft.url else '?'}{quote(name, safe='')}={value}"
        case _:
            draft.left_out.append(f"a second kind of credentials: {next(iter(auth))}")
