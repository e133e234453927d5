"""How a model is drawn: one colour on Lambda and on servers, and a line of its own for each server."""

from typing import Any, Final

_COLOURS: Final = {
    "async": "#2f7de1",
    "threads": "#12a594",
    "sync": "#e5484d",
    "sync-threads": "#b0892b",
    "django": "#f76b15",
    "django-async": "#8e4ec6",
}
"""One colour for a model, on Lambda and on servers."""
STOCK: Final = "#8d8d8d"
"""That of what is not fanin's."""
_MODELS: Final = {
    "gunicorn-threads": "django",
    "gunicorn-sync": "django",
    "django-asgi": "django",
    "one-process": "async",
    "one-process-django": "django-async",
    "collecting": "async",
}
"""The models of the servers that are not called like theirs."""
_LINES: Final = {
    "gunicorn-sync": "--",
    "django-asgi": ":",
    "one-process": "--",
    "one-process-django": "--",
    "collecting": ":",
    "stock-new": "--",
    "stock-django": ":",
    "stock-blocking": "-.",
}


def line(name: str, label: str) -> dict[str, Any]:
    """Give what matplotlib draws a model's, or a server's, line with."""
    drawn = {"marker": "o", "markersize": 4, "linewidth": 1.8, "linestyle": _LINES.get(name, "-")}
    return {"label": label, "color": colour(name)} | drawn


def colour(name: str) -> str:
    """Give the colour of a model, or of a server by the model that it serves."""
    return _COLOURS.get(_MODELS.get(name, name), STOCK)
