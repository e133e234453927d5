"""The whole stack on this machine: built, deployed to an embedded AWS, reading from the demo upstream, and served.

`make run` and the tests in tests/stack start it with the same function.
"""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fanin.config import Config, load
from fanin.errors import ConfigError
from fanin.local.layout import CONFIGURATION
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import Processes
from fanin.local.sam import build, built, environments
from fanin.local.sam.environments import Environment
from fanin.local.stack import deployment, front_door, live_door, local_secrets, preflight, servers
from fanin.local.stack.deployment import Deployment
from fanin.local.upstream import app

_MEND: Final = "Mend that, and try again."


@dataclass(frozen=True)
class Stack:
    """A stack that serves.

    Args:
        url: where its endpoints are, without a slash at the end.
        live_url: where they are over WebSocket.
        upstream: where the demo upstream is; None if the sources are the public APIs.
        environment: what it was built for.
        deployment: the stack in the embedded AWS.
        decisions: what was decided there about rights; src/fanin/local/emulator/rights.py says how it is written.
    """

    url: str
    live_url: str
    upstream: str | None
    environment: Environment
    deployment: Deployment
    decisions: Path


@contextlib.contextmanager
def serving(
    at: socket.socket, *, live: bool, console: Console, processes: Processes, cache: bool = True
) -> Iterator[Stack]:
    """Build what is not built, deploy it and serve it, as long as the context lasts.

    Args:
        at: bound socket on which the endpoints are served.
        live: read from the public APIs rather than from a demo upstream.
        console: hears of every step.
        processes: what the stack's servers and tools run under.
        cache: whether sources' answers are kept as fanin.toml says.

    Raises:
        Problem: it cannot be served; the message says what to do.
    """
    environment = environments.read(environments.LOCAL)
    host, port = at.getsockname()
    url = f"http://{host}:{port}"
    demo = None if live else servers.demo_upstream(processes)
    aws = servers.embedded_aws(processes)
    with build.locked(environment, console):
        if not build.is_fresh(environment):
            read_configuration()
            with console.step("building the functions and layers (sam build)"):
                build.build(environment, processes)
                check(environment)
        aws.wait()
        local_secrets.hand_over(environment, aws)
        with console.step("deploying to the embedded AWS (sam deploy)"):
            template = build.output(environment) / "template.yaml"
            parameters = {"Cache": "on" if cache else "off", "Url": url, "ExecuteApi": aws.url + deployment.EXECUTE_API}
            if demo:
                variables = app.variables(demo.url, read_configuration().variables)
                parameters |= {"Variables": variables["FANIN_VARIABLES"]}
            deployed = deployment.deploy(environment, template, parameters, aws, processes)
    if demo:
        demo.wait()
    with front_door.serve(at, deployed.url, deployed.live_url):
        live_url, decisions = f"ws://{host}:{port}{live_door.PATH}", servers.decisions(processes, aws.port)
        yield Stack(url, live_url, demo.url if demo else None, environment, deployed, decisions)


def read_configuration() -> Config:
    """Give what fanin.toml says, which takes a moment, where a build takes many.

    Raises:
        Problem: it cannot be served.
    """
    try:
        return load(CONFIGURATION, {})
    except ConfigError as error:
        raise Problem(f"{error}\n\n{_MEND}") from error


def check(environment: Environment) -> None:
    """Make sure that every function which was built can start.

    Raises:
        Problem: one cannot; then the build counts as not done.
    """
    output = build.output(environment)
    functions = built.functions(output / "template.yaml")
    artifacts = {name: output / name for name in built.folders()}
    if found := preflight.mistakes(functions, artifacts, {}):
        build.forget(environment)
        raise Problem("\n\n".join([*found, _MEND]))
