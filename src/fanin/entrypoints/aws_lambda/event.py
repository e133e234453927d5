"""HTTP as Lambda hands it over: from an event to one request, and from an answer back to the event's format.

Formats: API Gateway's payload 2.0 (HTTP APIs, function URLs) and 1.0 (REST APIs), and Application Load Balancer's.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

import base64
import binascii
import re
from collections.abc import Mapping
from http import HTTPStatus
from string import ascii_letters, digits
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlencode

from fanin.config.record import record
from fanin.contract.answers import Answer
from fanin.engine.invocation import UNKNOWN, Network
from fanin.errors import RequestError

_METHOD = re.compile(r"[A-Z]{1,20}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9=_+/.-]{1,128}")
_IN_PATH = "/!$&'()*+,;=:@-._~%"
_AS_IT_IS = f"{_IN_PATH}{ascii_letters}{digits}"
"""The characters of a path that are not percent-encoded."""
_IN_BRACES = re.compile(r"\{([^{}]+?)\+?\}")
_SET_COOKIE = "set-cookie"  # the header whose values cannot be joined by a comma


class NotHttp(Exception):
    """The event is not an HTTP request."""


@record
class HttpRequest:
    """A client's request.

    Args:
        method: in upper case.
        raw_path: percent-encoded, without the stage and a custom domain's base path.
        raw_query: percent-encoded.
        headers: names in lower case; repeated ones joined by a comma, cookies by a semicolon.
        body: decoded.
        request_id: API Gateway's id; empty where there is none.
        format: the event's format, which the answer must have.
        owner: who asks, as API Gateway's authorizer made sure; empty where none did.
        network: what API Gateway or the load balancer knows of the client.
    """

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    request_id: str
    format: Literal["2.0", "1.0", "alb", "alb-multi"]
    owner: str = ""
    network: Network = UNKNOWN

    @property
    def path(self) -> str:
        """The path, percent-decoded once."""
        return unquote(self.raw_path)

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's keys and values, decoded, in their order."""
        return parse_qsl(self.raw_query, keep_blank_values=True) if self.raw_query else []

    @property
    def target(self) -> str:
        """Path and query, percent-encoded."""
        return f"{self.raw_path}?{self.raw_query}" if self.raw_query else self.raw_path


def parse(event: object) -> HttpRequest:
    """Read an event.

    Raises:
        NotHttp: it is something else than an HTTP request.
        RequestError: it is one, but malformed.
    """
    if not isinstance(event, dict) or not isinstance(context := event.get("requestContext"), dict):
        raise NotHttp
    if isinstance(http := context.get("http"), dict):
        return _payload_2(event, context, http)
    if isinstance(event.get("httpMethod"), str) and "eventType" not in context:
        return _payload_1(event, context)
    raise NotHttp


def render(answer: Answer, request: HttpRequest | None) -> dict[str, Any]:
    """Write an answer in the format of the request's event; in payload 2.0 where there is none."""
    response: dict[str, Any] = {"statusCode": answer.status, "isBase64Encoded": False}
    try:
        response["body"] = answer.body.decode()
    except UnicodeDecodeError:
        response |= {"body": base64.b64encode(answer.body).decode(), "isBase64Encoded": True}
    if request and request.format.startswith("alb"):
        response["statusDescription"] = f"{answer.status} {_phrase(answer.status)}"
    single = dict(answer.headers)
    plain = len(single) == len(answer.headers) and _SET_COOKIE not in "".join(single).lower()
    if plain and request and request.format == "2.0":  # as nearly every answer is
        return response | {"headers": single}
    multiple: dict[str, list[str]] = {}
    for name, value in answer.headers:
        multiple.setdefault(name.lower() if name.lower() == _SET_COOKIE else name, []).append(value)
    if request and request.format in ("1.0", "alb-multi"):
        return response | {"multiValueHeaders": multiple}
    cookies = multiple.pop(_SET_COOKIE, [])
    headers = {name: ", ".join(values) for name, values in multiple.items()}
    if request and request.format == "alb":
        last = {_SET_COOKIE: cookies[-1]} if cookies else {}
        return response | {"headers": headers | last}  # the format has room for one cookie
    return response | {"headers": headers} | ({"cookies": cookies} if cookies else {})


def _payload_2(event: dict[str, Any], context: dict[str, Any], http: dict[str, Any]) -> HttpRequest:
    headers = headers_of(event.get("headers"))
    if cookies := event.get("cookies"):
        if not isinstance(cookies, list):
            raise _malformed("cookies")
        headers["cookie"] = "; ".join(_text(cookie, "cookies") for cookie in cookies)
    path = _path(event.get("rawPath", http.get("path")), "rawPath")
    stage = context.get("stage")
    if isinstance(stage, str) and stage != "$default" and f"{path}/".startswith(f"/{stage}/"):
        path = path.removeprefix(f"/{stage}") or "/"
    route = event.get("routeKey")
    resource = route.rpartition(" ")[2] if isinstance(route, str) else ""
    return HttpRequest(
        method=_method(http.get("method")),
        raw_path=_unmapped(path, resource, event.get("pathParameters")),
        raw_query=_text(event.get("rawQueryString") or "", "rawQueryString"),
        headers=headers,
        body=_body(event),
        request_id=_request_id(context),
        format="2.0",
        owner=_owner(context),
        network=network_of(http.get("sourceIp"), context),
    )


def _payload_1(event: dict[str, Any], context: dict[str, Any]) -> HttpRequest:
    alb = "elb" in context
    multiple = event.get("multiValueHeaders")
    pairs = _pairs(event, "multiValueQueryStringParameters", "queryStringParameters")
    if alb:
        pairs = [(unquote_plus(key), unquote_plus(value)) for key, value in pairs]
    path = _path(event.get("path"), "path")
    headers, identity = headers_of(multiple or event.get("headers")), context.get("identity")
    address = identity.get("sourceIp") if isinstance(identity, dict) else None
    balanced = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()  # a load balancer appends what it saw
    return HttpRequest(
        method=_method(event.get("httpMethod")),
        raw_path=path if alb else _unmapped(path, event.get("resource"), event.get("pathParameters")),
        raw_query=urlencode(pairs),
        headers=headers,
        body=_body(event),
        request_id=_request_id(context),
        format=("alb-multi" if multiple is not None else "alb") if alb else "1.0",
        owner="" if alb else _owner(context),
        network=Network(balanced) if alb else network_of(address, context),
    )


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus else "Unknown"


def _malformed(key: str) -> RequestError:
    return RequestError(400, "malformed-event", "Malformed event", f"the event's {key} cannot be read")


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise _malformed(key)
    try:
        return value if value.isascii() else value.encode().decode()
    except UnicodeEncodeError as error:
        raise _malformed(key) from error


def _method(value: object) -> str:
    method = _text(value, "method").upper()
    if not _METHOD.fullmatch(method):
        raise _malformed("method")
    return method


def _path(value: object, key: str) -> str:
    path = _text(value, key)
    if not path.startswith("/"):
        raise _malformed(key)
    return quote(path, safe=_IN_PATH) if path.strip(_AS_IT_IS) else path


def _unmapped(path: str, resource: object, parameters: object) -> str:
    """Leave out what a custom domain's base-path mapping puts before a path: what the resource's own path is not.

    Args:
        path: percent-encoded.
        resource: the API's resource, or the path of its route, such as `/{proxy+}`.
        parameters: what stands in the path for each name in braces, encoded or not.

    Returns:
        the end of the path that the resource makes up; the whole path if none does.
    """
    if not isinstance(resource, str) or not resource.startswith("/"):
        return path
    values = parameters if isinstance(parameters, dict) else {}
    if any(name not in values for name in _IN_BRACES.findall(resource)):
        return path
    own = unquote(_IN_BRACES.sub(lambda found: str(values[found[1]]), resource))[1:].rstrip("/")
    if not own:
        return "/"
    segments = path.split("/")[1:]
    decoded = [unquote(segment) for segment in segments]
    before = len("/".join(decoded).rstrip("/").removesuffix(own))
    cut = 0
    while before > 0 and cut < len(segments):
        before -= len(decoded[cut]) + 1
        cut += 1
    return path if before or not "/".join(decoded[cut:]).startswith(own) else "/" + "/".join(segments[cut:])


def headers_of(value: object) -> dict[str, str]:
    """Read an event's headers, each with a text or a list of texts; names in lower case.

    Raises:
        RequestError: they are malformed.
    """
    value = {} if value is None else value
    if not isinstance(value, dict):
        raise _malformed("headers")
    try:  # nearly every event has each header once, as a text
        "".join([*value, *value.values()]).encode()
        headers = {name.lower(): text for name, text in value.items()}
        if len(headers) == len(value):
            return headers
    except (TypeError, UnicodeEncodeError):
        pass
    headers = {}
    for name, given in value.items():
        texts = given if isinstance(given, list) else [given]
        lower = _text(name, "headers").lower()
        before = [headers[lower]] if lower in headers else []
        every = [*before, *(_text(text, "headers") for text in texts)]
        headers[lower] = ("; " if lower == "cookie" else ",").join(every)
    return headers


def _pairs(event: dict[str, Any], multiple: str, single: str) -> list[tuple[str, str]]:
    given = event.get(multiple) or event.get(single) or {}
    if not isinstance(given, dict):
        raise _malformed(single)
    return [
        (_text(key, single), _text(value, single))
        for key, values in given.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def _body(event: dict[str, Any]) -> bytes:
    body = _text(event.get("body") or "", "body")
    if not event.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed("base64 body") from error


def _request_id(context: dict[str, Any]) -> str:
    given = context.get("requestId")
    return given if isinstance(given, str) and _REQUEST_ID.fullmatch(given) else ""


def _owner(context: dict[str, Any]) -> str:
    """Say who asks, by what the authorizer put there: a JWT's issuer and subject, an IAM user or role, a principal."""
    authorizer, identity = context.get("authorizer"), context.get("identity")
    if authorizer is identity is None:
        return ""
    if not isinstance(authorizer, dict):
        return _joined("iam", identity.get("userArn")) if isinstance(identity, dict) else ""
    jwt, iam = authorizer.get("jwt"), authorizer.get("iam")
    claims = jwt.get("claims") if isinstance(jwt, dict) else authorizer.get("claims")
    if isinstance(claims, dict):
        return _joined("jwt", claims.get("iss"), claims.get("sub"))
    if isinstance(iam, dict):
        return _joined("iam", iam.get("userArn"))
    return _joined("principal", authorizer.get("principalId"))


def network_of(address: object, context: Mapping[str, Any]) -> Network:
    """Give what API Gateway knows of the client, and what its authorizer made sure of.

    Args:
        address: the client's.
        context: the event's `requestContext`.
    """
    known, identity = address if isinstance(address, str) else "", context.get("identity")
    authorizer = context.get("authorizer")
    if not isinstance(authorizer, dict):
        signed = identity if isinstance(identity, dict) and identity.get("userArn") else {}
        return Network(known, iam=signed)
    if isinstance(iam := authorizer.get("iam"), dict):
        return Network(known, iam=iam)
    jwt = authorizer.get("jwt")
    claims = jwt.get("claims") if isinstance(jwt, dict) else authorizer.get("claims")
    if isinstance(claims, dict):
        return Network(known, authorizer=claims)
    given = authorizer.get("lambda") if authorizer.keys() & {"jwt", "lambda"} else authorizer  # as it is in 1.0
    return Network(known, authorizer=given if isinstance(given, dict) else {})


def _joined(kind: str, *parts: object) -> str:
    """Join what says who somebody is; nothing where a part is missing."""
    texts = [part for part in parts if isinstance(part, str) and part]
    return " ".join((kind, *texts)) if len(texts) == len(parts) else ""
