"""Open-Meteo's geocoding API: names to places.

https://open-meteo.com/en/docs/geocoding-api
"""

from aiohttp import web

from fanin.local.upstream.answers import answer
from fanin.local.upstream.world import City, World, folded

GENERATION_TIME = 0.4168
"""Milliseconds, as the API reports them."""


def routes(world: World) -> list[web.RouteDef]:
    """Serve the search."""

    async def search(request: web.Request) -> web.Response:
        if (name := request.query.get("name")) is None:
            return _refused("the parameter name is missing")
        count = request.query.get("count", "10")
        if not (count.isdecimal() and 1 <= int(count) <= 100):
            return _refused(f"count is to be from 1 to 100, not {count}")
        found = [city.place for city in _matches(world, folded(name))][: int(count)]
        # Without a match the API leaves the key out, rather than answering with an empty list.
        return answer(({"results": found} if found else {}) | {"generationtime_ms": GENERATION_TIME})

    return [web.get("/v1/search", search)]


def _matches(world: World, name: str) -> list[City]:
    """Find by two letters the cities that are called just that, by more also those whose name begins so."""
    if len(name) < 2:
        return []
    exact = [city for city in world.cities if name in city.names]
    if len(name) == 2:
        return exact
    return exact + [
        city for city in world.cities if city not in exact and any(known.startswith(name) for known in city.names)
    ]


def _refused(reason: str) -> web.Response:
    return answer({"error": True, "reason": reason}, status=400)
