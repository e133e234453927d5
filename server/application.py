"""The server's parts, put together."""

from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

from data import router as data
from fanin.compose.gateway import gateway
from fanin.entrypoints.servers.asgi import Application, Limits
from server.background import router as background
from server.calls.log import Logged
from server.calls.models import Call
from server.calls.writer import Writer
from server.composition import COMPOSITIONS
from server.hosts import Hosts


def application(environment: Mapping[str, str], composition: str, log: Writer[Call]) -> Application:
    """Make the application.

    Args:
        environment: the functions' environment.
        composition: how FastAPI and Django are put together, a key of `COMPOSITIONS`.
        log: writes the calls.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    api = gateway(Path(__file__).parents[1], environment, routers=[data, background])
    site = ASGIStaticFilesHandler(get_asgi_application())
    return Limits(Hosts(Logged(COMPOSITIONS[composition](api, site), log), settings.ALLOWED_HOSTS))
