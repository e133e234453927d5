"""The server's parts, put together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

from fanin.compose.console import CONSOLE
from fanin.compose.gateway import THREADS, gateway
from fanin.entrypoints.servers.asgi import Application, Limits, cors_of, problem_types_of
from fanin.local.process.served_line import recorded
from handlers import router as handlers
from server.background import router as background
from server.calls.log import Logged
from server.calls.models import Call
from server.calls.writer import Writer
from server.composition import COMPOSITIONS
from server.hosts import Hosts

ADMINS = ("admin", "static")
"""The first segments of the paths that are the admin's."""


def application(environment: Mapping[str, str], composition: str, log: Writer[Call]) -> Application:
    """Make the application.

    Args:
        environment: the functions' environment.
        composition: how FastAPI and Django are put together, a key of `COMPOSITIONS`.
        log: writes the calls.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    every = {THREADS: "on", CONSOLE: "on", **environment}
    site = ASGIStaticFilesHandler(get_asgi_application())
    from views import site as views  # noqa: PLC0415 - Django has to be set up before its views

    api = gateway(Path(__file__).parents[1], every, routers=[handlers, background], counts=views.counts)
    answering = recorded(Logged(COMPOSITIONS[composition](api, site), log), api.state.recent)
    served = Hosts(answering, settings.ALLOWED_HOSTS)
    types = problem_types_of(api)
    own = Limits(served, watch=api.watch, problem_types=types)
    shared = Limits(served, cors=cors_of(api), watch=api.watch, problem_types=types)

    async def either(scope: Any, receive: Any, send: Any) -> None:
        """Keep the admin's pages, where users are logged in, to their own origin."""
        of_admin = scope["type"] == "http" and scope["path"].split("/")[1] in ADMINS
        await (own if of_admin else shared)(scope, receive, send)

    return either
