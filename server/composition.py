"""FastAPI and Django in one ASGI application, in two ways."""

from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount, Route

from fanin.entrypoints.servers.asgi import Application

DJANGOS = ("/django", "/admin", "/static")
"""What the paths that are Django's begin with."""


class _AtRoot:
    """An application under a mount, whose own URLs begin at the server's root, and not at the mount."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app({**scope, "root_path": ""}, receive, send)


def mounted(api: FastAPI, site: Application) -> Application:
    """Mount Django inside FastAPI, which routes every request, and runs its middleware for Django's too."""
    for prefix in DJANGOS:
        # A mount takes what is below its path alone.
        api.router.routes += [Route(prefix, _AtRoot(site)), Mount(prefix, _AtRoot(site))]
    return api


def beside(api: FastAPI, site: Application) -> Application:
    """Set both side by side, each with its own routing and middleware, and know of their paths alone."""

    async def either(scope: Any, receive: Any, send: Any) -> None:
        djangos = scope["type"] == "http" and f"/{scope['path'].split('/')[1]}" in DJANGOS
        await (site if djangos else api)(scope, receive, send)

    return either


COMPOSITIONS = {"mounted": mounted, "beside": beside}
"""By the value of COMPOSITION."""
