"""Wikipedia's Action API: what the encyclopedia says under a title.

https://www.mediawiki.org/wiki/API:Query
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

from fanin.local.upstream.answers import answer
from fanin.local.upstream.world import Json, Page, World

_WIKI = "https://en.wikipedia.org"
_MOST_TITLES = 50


def routes(world: World) -> list[web.RouteDef]:
    """Serve queries, in JSON of format version 2."""
    pages = {page.title: page for page in world.pages}
    redirects = {title: page.title for page in world.pages for title in page.redirects}

    async def api(request: web.Request) -> web.Response:
        if (action := request.query.get("action")) != "query":
            return _error("badvalue", f'There is no action "{action}".')
        if (request.query.get("format"), request.query.get("formatversion")) != ("json", "2"):
            return _error("badvalue", "This sample knows only format=json with formatversion=2.")
        titles = [title for title in request.query.get("titles", "").split("|") if title]
        if len(titles) > _MOST_TITLES:
            return _error("toomanyvalues", f"There may be {_MOST_TITLES} titles at most.")
        body: Json = {"batchcomplete": True}
        if titles:
            body["query"] = _query(titles, pages, redirects, request.query)
        return answer(body)

    return [web.get("/w/api.php", api)]


def _query(
    titles: list[str], pages: Mapping[str, Page], redirects: Mapping[str, str], query: Mapping[str, str]
) -> Json:
    """Find the pages of titles, with what became of each title on the way."""
    normalized = {title: _normal(title) for title in titles}
    redirected = {
        title: redirects[title] for title in normalized.values() if title in redirects and "redirects" in query
    }
    found = dict.fromkeys(redirected.get(title, title) for title in normalized.values())
    steps = {
        "normalized": [{"fromencoded": False, "from": old, "to": new} for old, new in normalized.items() if old != new],
        "redirects": [{"from": old, "to": new} for old, new in redirected.items()],
    }
    return {name: step for name, step in steps.items() if step} | {
        "pages": [_page(title, pages.get(title), query) for title in found]
    }


def _normal(title: str) -> str:
    """Write a title as pages have it: spaces for underscores, the first letter a capital."""
    spaced = title.replace("_", " ").strip()
    return spaced[:1].upper() + spaced[1:]


def _page(title: str, page: Page | None, query: Mapping[str, str]) -> Json:
    props = query.get("prop", "").split("|")
    info = _info(title) if "info" in props else {}
    if page is None:
        return {"ns": 0, "title": title, "missing": True, **info}
    found: Json = {"pageid": page.pageid, "ns": 0, "title": title}
    if "extracts" in props:
        found["extract"] = _first_sentences(page.extract, query.get("exsentences"))
    if "description" in props:
        found |= {"description": page.description, "descriptionsource": "local"}
    return found | info


def _first_sentences(text: str, count: str | None) -> str:
    return " ".join(re.split(r"(?<=[.!?]) ", text)[: int(count)]) if count and count.isdecimal() else text


def _info(title: str) -> Json:
    name = quote(title.replace(" ", "_"), safe="")
    return {
        "contentmodel": "wikitext",
        "pagelanguage": "en",
        "pagelanguagehtmlcode": "en",
        "pagelanguagedir": "ltr",
        "fullurl": f"{_WIKI}/wiki/{name}",
        "editurl": f"{_WIKI}/w/index.php?title={name}&action=edit",
        "canonicalurl": f"{_WIKI}/wiki/{name}",
    }


def _error(code: str, info: str) -> web.Response:
    """Answer as the API does: with status 200, and the error in the body."""
    docref = f"See {_WIKI}/w/api.php for API usage."
    return answer({"error": {"code": code, "info": info, "docref": docref}, "servedby": "demo"})
