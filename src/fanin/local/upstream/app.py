"""The APIs under their prefixes, and the control path before them."""

import asyncio
from collections.abc import Callable, Container, Mapping

from aiohttp import web
from aiohttp.typedefs import Middleware

from fanin.local.upstream import countries_dev, faults, frankfurter, geocoding, open_meteo, wikipedia
from fanin.local.upstream.control import Control
from fanin.local.upstream.world import World, load

APIS: Mapping[str, Callable[[World], list[web.RouteDef]]] = {
    "open-meteo-geocoding": geocoding.routes,
    "open-meteo": open_meteo.forecast_routes,
    "open-meteo-air-quality": open_meteo.air_quality_routes,
    "countries-dev": countries_dev.routes,
    "frankfurter": frankfurter.routes,
    "wikipedia": wikipedia.routes,
}
"""Each API by its prefix, which is the name of its variable in fanin.toml, with hyphens for underscores."""


def variables(base_url: str, defined: Container[str] | None = None) -> dict[str, str]:
    """Give the environment that makes fanin read from a demo upstream in place of the public APIs.

    Args:
        base_url: where the demo upstream listens, such as http://127.0.0.1:8100.
        defined: the variables that fanin.toml defines, which are those of the demo and maybe fewer; without them, all.
    """
    urls = {prefix.replace("-", "_"): f"{base_url}/{prefix}" for prefix in APIS}
    return {"FANIN_VARIABLES": " ".join(f"{n}={url}" for n, url in urls.items() if defined is None or n in defined)}


def create_app(drip: float = 1.0) -> web.Application:
    """Put the demo upstream together.

    Args:
        drip: seconds between two bytes of a dripping answer.
    """
    world, control = load(), Control(APIS.keys())
    app = web.Application(middlewares=[_under(control, drip)])
    app.add_routes(control.routes())
    for prefix, routes in APIS.items():
        api = web.Application()
        api.add_routes(routes(world))
        app.add_subapp(f"/{prefix}", api)
    return app


def _under(control: Control, drip: float) -> Middleware:
    @web.middleware
    async def under_control(request: web.Request, handler: faults.Handler) -> web.StreamResponse:
        prefix = request.path.removeprefix("/").partition("/")[0]
        if prefix not in APIS:
            return await handler(request)
        with control.serving(request):
            rule = control.take(prefix)
            if rule is None:
                return await handler(request)
            await asyncio.sleep(rule.delay / 1000)
            if rule.fail is None:
                return await handler(request)
            return await faults.fail(faults.Case(rule, request, handler, drip))

    return under_control
