"""What handlers written by hand answer comes through in every event format, however odd it is."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Response

from fanin.entrypoints.aws_lambda.handler import Handler
from fanin.entrypoints.fastapi.errors import ERROR_HANDLERS
from tests.contract.ask import Context
from tests.events.fixtures import fixtures, headers_of, well_formed
from tests.functions import asgi

_FORMATS = ("http-api-get", "rest-api-get", "alb-get", "alb-multi-value", "function-url-get")
_BYTES = b"\x89PNG\r\n\x1a\n\xff"

router = APIRouter()


@router.get("/plain")
async def plain() -> dict[str, str]:
    """Answer as FastAPI does by itself."""
    return {"plain": "yes"}


@router.get("/cookies")
async def cookies() -> Response:
    """Set two cookies, and name two headers that `Vary`."""
    response = Response("{}", media_type="application/json")
    response.set_cookie("theme", "dark")
    response.set_cookie("visits", "7")
    response.headers.append("vary", "accept")
    response.headers.append("vary", "origin")
    return response


@router.get("/image")
async def image() -> Response:
    """Answer with bytes that are no text."""
    return Response(_BYTES, media_type="image/png")


@router.get("/odd-status")
async def odd_status() -> Response:
    """Answer with a status that has no name."""
    return Response("{}", 299, media_type="application/json")


@router.get("/bug")
async def bug() -> None:
    """Raise what nobody expects."""
    raise ZeroDivisionError


@pytest.fixture(scope="module")
def handler() -> Iterator[Handler]:
    """Serve them as the gateway does."""
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    for error, answer in ERROR_HANDLERS.items():
        app.add_exception_handler(error, answer)
    with asgi(app) as served:
        yield served


@pytest.fixture(params=_FORMATS)
def event(request: pytest.FixtureRequest) -> Any:
    """Give a request in each format."""
    (found,) = (f.event for f in fixtures() if f.function == "gateway" and f.name == request.param)
    return found


def _ask(handler: Handler, event: Any, path: str) -> Any:
    """Ask for another path, with the request as it is otherwise."""
    asked = event | {key: path for key in ("path", "rawPath") if key in event}
    response = handler(asked, Context())
    well_formed(response, asked)
    return response


def test_every_answer_has_the_requests_id(handler: Handler, event: Any) -> None:
    """A handler that knows nothing of ids is answered for with one."""
    response = _ask(handler, event, "/plain")
    assert response["body"] == '{"plain":"yes"}'
    assert headers_of(response)["x-request-id"]


def test_repeated_headers_come_through(handler: Handler, event: Any) -> None:
    """Repeated headers are all there; a load balancer's single-value format has room for one cookie."""
    response = _ask(handler, event, "/cookies")
    assert headers_of(response)["vary"].replace(" ", "") == "accept,origin"
    given = response.get("cookies") or response.get("multiValueHeaders", response.get("headers", {})).get("set-cookie")
    names = [cookie.partition("=")[0] for cookie in ([given] if isinstance(given, str) else given)]
    assert names == (["visits"] if isinstance(given, str) else ["theme", "visits"])


def test_bytes_are_base64(handler: Handler, event: Any) -> None:
    """A body that is no text is marked as base64, and is whole."""
    response = _ask(handler, event, "/image")
    assert response["isBase64Encoded"]
    assert base64.b64decode(response["body"]) == _BYTES


def test_a_status_without_a_name_comes_through(handler: Handler, event: Any) -> None:
    """A status that HTTP has no name for is nothing to fail over."""
    assert _ask(handler, event, "/odd-status")["statusCode"] == 299


def test_a_bug_is_a_problem(handler: Handler, event: Any) -> None:
    """An exception that nobody handles is answered with a problem that tells nothing of it."""
    response = _ask(handler, event, "/bug")
    assert response["statusCode"] == 500
    assert headers_of(response)["content-type"] == "application/problem+json"
    assert "ZeroDivision" not in response["body"]
