"""One stack that is deployed, then again with its parts switched off, then on again: it keeps every row and message."""

import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from fanin.local.process.console import Console
from fanin.local.process.processes import Processes
from fanin.local.sam import build, environments, parts
from fanin.local.sam.environments import LOCAL, Environment
from fanin.local.stack import deployment, servers
from fanin.local.stack.deployment import Deployment
from fanin.local.stack.servers import Server
from tests.slow.kept import Kept
from tests.stack.conftest import local_build, processes

__all__ = ["local_build", "processes"]

OFF = dict.fromkeys(parts.SWITCHES, "off")
JWT = {"JwtIssuer": "https://id.example", "JwtAudience": "shop"}
PART = {"SyncFunction", "DjangoFunction", "JobsFunction", "LiveFunction", "LiveApi", "StreamUrl"}
WITHIN = 60.0
"""Seconds that an answer may take; the first one starts the function."""


@pytest.fixture
def aws(processes: Processes) -> Server:
    """An embedded AWS of its own."""
    server = servers.embedded_aws(processes)
    server.wait()
    return server


@pytest.fixture
def without_parts(processes: Processes) -> Environment:
    """This machine's environment with all off that can be, built."""
    environment = environments.read(LOCAL)
    off = replace(environment, parameters={**environment.parameters, **OFF}, variant="-off")
    with build.locked(off, Console()):
        if not build.is_fresh(off):
            build.build(off, processes)
    return off


def test_switching_parts_off_and_on_again_loses_no_row_and_no_message(
    aws: Server, without_parts: Environment, local_build: Path, processes: Processes
) -> None:
    built = {OFF["Jobs"]: build.output(without_parts), "on": local_build}
    here = dict.fromkeys(OFF.keys() - {"Release"}, "on")  # an embedded AWS has no aliases
    on = replace(without_parts, parameters={**without_parts.parameters, **here})

    def deployed(environment: Environment, **parameters: str) -> Deployment:
        template = built[environment.parameters["Jobs"]] / "template.yaml"
        return deployment.deploy(environment, template, parameters, aws, processes)

    stack = deployed(on)
    assert stack.ids.keys() >= PART
    kept = Kept.put_into(stack)

    stack = deployed(without_parts)
    assert not stack.ids.keys() & PART
    assert kept.missing_from(stack, logs=False) == []  # a function's lines go with it
    assert _status(stack.url, "/health") == 200
    assert _status(stack.url, "/threads/trip/a") == _status(stack.url, "/sync/trip/a") == 404
    assert _status(stack.url, "/jobs", "POST") == 501
    stack = deployed(on)
    assert stack.ids.keys() >= PART
    assert kept.missing_from(stack, logs=False) == []
    assert _status(stack.url, "/threads/trip/a") == _status(stack.url, "/sync/trip/a") == 422


def test_with_an_issuer_every_request_takes_a_token_but_a_preflight(
    aws: Server, without_parts: Environment, processes: Processes
) -> None:
    template = build.output(without_parts) / "template.yaml"
    stack = deployment.deploy(without_parts, template, JWT, aws, processes)
    for path in ("/health", "/", "/trip/Lisbon"):
        assert _status(stack.url, path) == 401
        assert _status(stack.url, path, "OPTIONS") not in {401, 403}
    assert _status(stack.url, "/jobs", "POST") == 401


def _status(url: str, path: str, method: str = "GET") -> int:
    request = urllib.request.Request(url + path, method=method)
    try:
        with urllib.request.urlopen(request, timeout=WITHIN) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
