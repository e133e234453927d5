"""How the APIs put an answer on the wire."""

import json

from aiohttp import web


def answer(body: object, status: int = 200, content_type: str = "application/json; charset=utf-8") -> web.Response:
    """Answer with JSON, written compactly and in UTF-8."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return web.Response(body=text.encode(), status=status, headers={"Content-Type": content_type})
