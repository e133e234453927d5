"""What the views of a Django project serve."""

import logging
from collections.abc import Mapping
from pathlib import Path

from fanin.compose.observability import watching_server
from fanin.compose.parts import Parts, when_asked_for
from fanin.engine.execution import concurrent, sequential
from fanin.entrypoints.django.endpoints import Site
from fanin.entrypoints.django.problems import is_unexpected


def django(folder: Path, environment: Mapping[str, str]) -> Site:
    """Make what the views of a Django project serve.

    Each view's client is made when it is first asked for, by the environment as it is now.

    Args:
        folder: where fanin.toml is.
        environment: the function's environment.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    parts = Parts(folder, dict(environment))
    logging.getLogger("django.request").addFilter(is_unexpected)
    fetch, pipelines = when_asked_for(parts.blocking_fetch), when_asked_for(parts.pipelines)
    return Site(
        parts.catalogue,
        one_after_another=lambda request: sequential.run(request, fetch()),
        all_at_once=lambda request: concurrent.run(request, pipelines()),
        door=parts.front_door,
        counts=parts.counts,
        watch=watching_server(environment),
    )
