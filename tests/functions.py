"""The raw handlers of the functions."""

import asyncio
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import URLPattern, URLResolver

from fanin.compose.gateway import THREADS, gateway
from fanin.compose.sync import sync
from fanin.config.api import PROBLEM_TYPES
from fanin.contract.cors import CorsPolicy
from fanin.entrypoints.aws_lambda.asgi import asgi_handler
from fanin.entrypoints.aws_lambda.handler import Handler, Observability
from fanin.entrypoints.django.problems import failed, not_found
from fanin.entrypoints.servers.asgi import Application, Limits
from fanin.local.layout import ROOT
from tests.data_handler import router


@contextmanager
def functions(environment: Mapping[str, str]) -> Iterator[dict[str, Handler]]:
    """Compose the functions as `functions/` does, all models among them.

    Args:
        environment: the functions' environment.
    """
    live: Mapping[str, str] = ChainMap({THREADS: "on"}, environment)  # type: ignore[arg-type]  # it is only read
    app = gateway(ROOT, live, routers=[router])
    with asgi(app) as gateway_handler, asgi(django_project(environment)) as django_handler:
        yield {"gateway": gateway_handler, "sync": sync(ROOT, environment), "django": django_handler}


@contextmanager
def asgi(app: Application, seen: Observability | None = None) -> Iterator[Handler]:
    """Make an application's handler, and end with it what Lambda would keep for ever: its event loop."""
    handler = asgi_handler(app, observability=seen or Observability())
    loop = asyncio.get_event_loop()
    try:
        yield handler
    finally:
        end(loop)
        asyncio.set_event_loop(None)


def end(loop: asyncio.AbstractEventLoop) -> None:
    """Close an event loop, and the connections that are kept on it, as when a container ends.

    A connection that is left open is found when its memory is freed, and fails whichever test runs then.
    """
    transports: Mapping[int, asyncio.Transport] = loop._transports  # type: ignore[attr-defined]
    for transport in list(transports.values()):
        transport.abort()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def django_project(environment: Mapping[str, str]) -> Application:
    """Load the Django project's URLs and views anew, over an environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"FANIN_CONFIG": str(ROOT / "fanin.toml"), **environment}.items():
            patch.setenv(name, value)
        for module in ("urls", "views"):
            patch.delitem(sys.modules, module, raising=False)
        urls = import_module("urls")
        return django_application(urls.urlpatterns, urls.site.cors, urls.site.problem_types)


def django_application(
    patterns: Sequence[URLPattern | URLResolver], cors: CorsPolicy | None = None, problem_types: str = PROBLEM_TYPES
) -> Application:
    """Serve URL patterns as the Django project does: Django, and its settings, there are once in a process."""
    urls: Any = ModuleType("urls")
    urls.urlpatterns, urls.handler404, urls.handler500 = patterns, not_found, failed
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_SETTINGS_MODULE", "settings")
        app = get_asgi_application()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        settings.ROOT_URLCONF = urls
        await app(scope, receive, send)

    return Limits(application, cors=cors, problem_types=problem_types)
