"""The whole stack on this machine: built, deployed to an embedded AWS, reading from the demo upstream, and served.

`make run` and the tests in tests/stack start it with the same function.
"""

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from fanin.config import Config, load
from fanin.config.finding import ConfigError
from fanin.entrypoints.console.served_file import told_file
from fanin.local.layout import CONFIGURATION
from fanin.local.process import hosts
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import Processes
from fanin.local.runtime import door
from fanin.local.sam import build, built, environments
from fanin.local.sam.environments import Environment
from fanin.local.stack import deployment, front_door, live_door, local_secrets, preflight, seen, servers, stream_door
from fanin.local.stack.deployment import Deployment
from fanin.local.upstream import app, fakes
from fanin.local.upstream.fakes import Fakes
from fanin.observability.redact import redactor

_MEND: Final = "Mend that, and try again."


@dataclass(frozen=True)
class Stack:
    """A stack that serves.

    Args:
        url: where its endpoints are, without a slash at the end.
        live_url: where they are over WebSocket; empty where they are not.
        upstream: where the demo upstream is; None if the sources are others.
        fakes: those of the upstream.toml beside fanin.toml; None if the sources are others.
        environment: what it was built for.
        deployment: the stack in the embedded AWS.
        streaming: what runs the gateway below /stream; None if the environment switches that off.
        decisions: what was decided there about rights; src/fanin/local/emulator/rights.py says how it is written.
        record: what the front door has seen of requests.
    """

    url: str
    live_url: str
    upstream: str | None
    fakes: Fakes | None
    environment: Environment
    deployment: Deployment
    streaming: stream_door.Environment | None
    decisions: Path
    record: seen.Seen


@contextlib.contextmanager
def serving(
    at: socket.socket, *, live: bool, console: Console, processes: Processes, cache: bool = True
) -> Iterator[Stack]:
    """Build what is not built, deploy it and serve it, as long as the context lasts.

    Args:
        at: bound socket on which the endpoints are served.
        live: read from the public APIs rather than from the fakes beside fanin.toml, or from a demo upstream.
        console: hears of every step.
        processes: what the stack's servers and tools run under.
        cache: whether sources' answers are kept as fanin.toml says.

    Raises:
        Problem: it cannot be served; the message says what to do.
    """
    environment = environments.read(environments.LOCAL)
    host, port = at.getsockname()
    url = f"http://{host}:{port}"
    with faked(live=live, console=console) as faking:
        wants_demo = not (live or faking) and bool(app.variables("", read_configuration().variables)["FANIN_VARIABLES"])
        demo = servers.demo_upstream(processes) if wants_demo else None
        aws = servers.embedded_aws(processes)
        with build.locked(environment, console):
            if not build.is_fresh(environment):
                read_configuration()
                with console.step("building the functions and layers (sam build)"):
                    build.build(environment, processes)
                    check(environment)
            aws.wait()
            around = {**(faking.secrets if faking else {}), **os.environ}
            local_secrets.hand_over(environment, aws, around)
            with console.step("deploying to the embedded AWS (sam deploy)"):
                template = build.output(environment) / "template.yaml"
                execute_api = aws.url + deployment.EXECUTE_API
                parameters = {"Cache": "on" if cache else "off", "Url": url, "ExecuteApi": execute_api}
                if demo:
                    variables = app.variables(demo.url, read_configuration().variables)
                    parameters |= {"Variables": variables["FANIN_VARIABLES"]}
                if faking:
                    parameters |= {"Variables": faking.together}
                deployed = deployment.deploy(environment, template, parameters, aws, processes)
        if demo:
            demo.wait()
        record = seen.Seen()
        record.configure(read_configuration())
        with _streaming(environment, deployed, processes) as (streaming, streams):
            targets = front_door.Targets(
                deployed.url,
                deployed.live_url,
                streams,
                console.say,
                hosts.served(os.environ),
                record,
                servers.traces(processes),
                partial(told_file, CONFIGURATION, around, redactor()),
            )
            live_url = f"ws://{host}:{port}{live_door.PATH}" if deployed.live_url else ""
            decisions = servers.decisions(processes, aws.port)
            upstream = demo.url if demo else None
            with front_door.serve(at, targets):
                yield Stack(url, live_url, upstream, faking, environment, deployed, streaming, decisions, record)


@contextlib.contextmanager
def _streaming(
    environment: Environment, deployed: Deployment, processes: Processes
) -> Iterator[tuple[stream_door.Environment | None, str]]:
    """Serve a function URL of the gateway, if the stack has one; gives what runs it, and its URL."""
    if "StreamUrl" not in deployed.ids:
        yield None, ""
        return
    output = build.output(environment)
    (function,) = (each for each in built.functions(output / "template.yaml") if each.name == stream_door.FUNCTION)
    artifacts = {name: output / name for name in (function.name, *function.layers)}
    running = stream_door.Environment(function, artifacts, deployed, processes)
    with door.serving(running) as url:
        yield running, url


@contextlib.contextmanager
def faked(*, live: bool, console: Console) -> Iterator[Fakes | None]:
    """Serve the fakes of the upstream.toml beside fanin.toml, if there is one and the public APIs are not wanted.

    Raises:
        Problem: the file says what it cannot.
    """
    file = None if live else fakes.file_beside(CONFIGURATION)
    if file is None:
        yield None
        return
    with fakes.serving(file, console.warn) as running:
        if unknown := fakes.without_variable(running.urls, read_configuration().variables):
            raise Problem(f"{unknown}\n\n{_MEND}")
        yield running


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
