"""FastAPI and Django in one ASGI application, in two ways."""

from typing import Any

from fastapi import FastAPI

from fanin.asgi.limits import Application

DJANGOS = ("/django", "/admin", "/static")
"""What the paths that are Django's begin with."""


def mounted(api: FastAPI, site: Application) -> Application:
    """Mount Django inside FastAPI, which routes every request, and runs its middleware for Django's too."""

    async def at_root(scope: Any, receive: Any, send: Any) -> None:
        # A mount takes its path for the application's root; Django's URLs begin at the server's.
        await site({**scope, "root_path": ""}, receive, send)

    for prefix in DJANGOS:
        api.mount(prefix, at_root)
    return api


def beside(api: FastAPI, site: Application) -> Application:
    """Set both side by side, each with its own routing and middleware, and know of their paths alone."""

    async def either(scope: Any, receive: Any, send: Any) -> None:
        djangos = scope["type"] == "http" and f"/{scope['path'].split('/')[1]}" in DJANGOS
        await (site if djangos else api)(scope, receive, send)

    return either


COMPOSITIONS = {"mounted": mounted, "beside": beside}
"""By the value of COMPOSITION."""
