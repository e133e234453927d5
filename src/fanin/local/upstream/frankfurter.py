"""Frankfurter: the European Central Bank's exchange rates.

https://frankfurter.dev/v1
"""

from aiohttp import web

from fanin.local.upstream.answers import answer
from fanin.local.upstream.world import World


def routes(world: World) -> list[web.RouteDef]:
    """Serve the latest rates."""
    one_euro = {"EUR": 1.0, **world.exchange_rates.euro}

    async def latest(request: web.Request) -> web.Response:
        base = request.query.get("base", "EUR").upper()
        symbols = [symbol for symbol in request.query.get("symbols", "").upper().split(",") if symbol]
        if symbols == [base]:
            return answer({"message": "bad currency pair"}, status=422)
        rates = {
            currency: _digits(rate / one_euro[base]) if base != "EUR" else rate
            for currency, rate in sorted(one_euro.items())
            if base in one_euro and currency != base and (not symbols or currency in symbols)
        }
        if not rates:
            return answer({"message": "not found"}, status=404)
        return answer({"amount": 1.0, "base": base, "date": world.exchange_rates.date, "rates": rates})

    return [web.get("/v1/latest", latest)]


def _digits(rate: float) -> float:
    return float(f"{rate:.5g}")
