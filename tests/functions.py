"""The raw handlers of both functions."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location

from fastapi import APIRouter
from starlette.types import ASGIApp

from dev.upstream.process import ROOT
from fanin.compose import gateway, sync
from fanin.gateway.handler import asgi_handler
from fanin.lambda_runtime import Handler


@contextmanager
def functions(environment: Mapping[str, str]) -> Iterator[dict[str, Handler]]:
    """Compose both functions as `functions/` does.

    Args:
        environment: the functions' environment.
    """
    with asgi(gateway(ROOT, environment, routers=[hand_written()])) as handler:
        yield {"gateway": handler, "sync": sync(ROOT, environment)}


@contextmanager
def asgi(app: ASGIApp) -> Iterator[Handler]:
    """Make an application's handler, and close in the end the event loop that Lambda would keep for ever."""
    handler = asgi_handler(app)
    loop = asyncio.get_event_loop()
    try:
        yield handler
    finally:
        loop.close()
        asyncio.set_event_loop(None)


def hand_written() -> APIRouter:
    """Load the gateway's own module, which is on no path outside its bundle."""
    spec = spec_from_file_location("data", ROOT / "functions/gateway/data.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    router: APIRouter = module.router
    return router
