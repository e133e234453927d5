"""countries.dev: facts about countries.

https://countries.dev/docs
"""

from aiohttp import web

from fanin.local.upstream.answers import answer
from fanin.local.upstream.world import World


def routes(world: World) -> list[web.RouteDef]:
    """Serve the look-up by two- or three-letter code."""
    by_code = {country[key]: country for country in world.countries.values() for key in ("alpha2Code", "alpha3Code")}

    async def alpha(request: web.Request) -> web.Response:
        country = by_code.get(request.match_info["code"].upper())
        if country is None:
            return web.Response(text="No country found", status=404)
        wanted = [field for field in request.query.get("fields", "").split(",") if field]
        return answer({key: fact for key, fact in country.items() if not wanted or key in wanted})

    return [web.get("/alpha/{code}", alpha)]
