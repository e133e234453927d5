"""The routes of endpoints, which tell a slash inside of a path's segment from one between two."""

from collections.abc import MutableMapping
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import Match

from fanin.config.path import decoded_path, decoded_segment


class EndpointRoute(APIRoute):
    """A route that matches segments first, and decodes them then, if the server hands the path on as it was sent.

    FastAPI's own matches the decoded path, in which `%2F` separates segments like a slash.
    """

    def matches(self, scope: MutableMapping[str, Any]) -> tuple[Match, MutableMapping[str, Any]]:
        """Match a request."""
        if not (raw := scope.get("raw_path")):
            return super().matches(scope)
        match, found = super().matches({**scope, "path": decoded_path(raw.decode("latin-1"))})
        if "path_params" in found:
            segments = found["path_params"].items()
            found["path_params"] = {
                name: decoded_segment(text) if isinstance(text, str) else text for name, text in segments
            }
        return match, found
