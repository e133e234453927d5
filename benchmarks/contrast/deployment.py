"""A deployment's models from outside: the same requests to each, in turn, over one kept-alive connection."""

import time
from typing import Any, Final

import requests

from benchmarks.contrast.models import MODELS, Model
from benchmarks.interleaving import sampled
from fanin.local.process.console import Problem

_WITHIN: Final = 35.0
"""Seconds that an answer may take: longer than API Gateway waits."""


def measure(url: str, path: str, rounds: int) -> dict[str, Any]:
    """Ask every model that a deployment has, `rounds` times, one request at a time.

    Raises:
        Problem: the deployment cannot be reached, or has none of the models.
    """
    with requests.Session() as session:

        def asked(model: Model) -> dict[str, Any]:
            began = time.perf_counter()
            answer = session.get(f"{url}{model.prefix}{path}", timeout=_WITHIN, allow_redirects=False)
            ms = round((time.perf_counter() - began) * 1000, 2)
            complete = answer.headers.get("fanin-complete") == "?1"
            return {"model": model.name, "status": answer.status_code, "complete": complete, "ms": ms}

        try:
            present = [model for model in MODELS if asked(model)["status"] == 200]
            if not present:
                raise Problem(f"{url}{path} is answered by no execution model with status 200.")
            found = sampled("requests from outside", dict.fromkeys(present, rounds), asked)
        except requests.RequestException as error:
            raise Problem(f"URL={url} cannot be reached: {error}") from error
    return {"url": url, "path": path, "requests": [row for rows in found.values() for row in rows]}
