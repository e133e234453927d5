"""A deployment's models from outside: the same requests to each, in turn, over one kept-alive connection."""

import http.client
import time
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.contrast.models import MODELS, Model
from benchmarks.interleaving import interleaved, tracked
from fanin.local.process.console import Problem

_WITHIN: Final = 35.0
"""Seconds that an answer may take: longer than API Gateway waits."""


def measure(url: str, path: str, rounds: int) -> dict[str, Any]:
    """Ask every model that a deployment has, `rounds` times, one request at a time.

    Raises:
        Problem: the deployment cannot be reached, or has none of the models.
    """
    connection = _connection(url)
    try:
        present = [model for model in MODELS if _asked(connection, url, model, path)["status"] == 200]
        if not present:
            raise Problem(f"{url}{path} is answered by no execution model with status 200.")
        rows = [
            {"model": model.name, "round": turn} | _asked(connection, url, model, path)
            for turn, model in tracked("Requests from outside", interleaved(present, rounds))
        ]
    except (OSError, http.client.HTTPException) as error:
        raise Problem(f"{url} cannot be reached: {error}") from error
    finally:
        connection.close()
    return {"url": url, "path": path, "requests": rows}


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Problem(f"URL={url} is no URL. Give one such as https://abc.execute-api.eu-west-1.amazonaws.com")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname, parts.port, timeout=_WITHIN)


def _asked(connection: http.client.HTTPConnection, url: str, model: Model, path: str) -> dict[str, Any]:
    began = time.perf_counter()
    connection.request("GET", urlsplit(url).path.rstrip("/") + model.prefix + path)
    response = connection.getresponse()
    response.read()
    ms = round((time.perf_counter() - began) * 1000, 2)
    return {"status": response.status, "complete": response.headers.get("fanin-complete") == "?1", "ms": ms}
