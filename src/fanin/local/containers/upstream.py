"""What functions in containers read from: the fakes beside fanin.toml, or the demo upstream, in a container of its own.

In a container 127.0.0.1 is the container itself, so what runs on this machine's loopback is out of reach there.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fanin.local.containers.engine import Network
from fanin.local.layout import CONFIGURATION, PACKAGE, UV
from fanin.local.process import ports
from fanin.local.process.console import Problem
from fanin.local.process.processes import CommandFailed, Processes
from fanin.local.project import data
from fanin.local.sam.environments import Environment
from fanin.local.stack import stack
from fanin.local.stack.servers import Server
from fanin.local.upstream import app, contained, fakes, script_file

_NAME: Final = "upstream"
"""Its name on the network."""
_PORT: Final = 8100
_INTERPRETER: Final = "/var/lang/bin/python3.13"
"""Where Lambda's base image has Python."""
_IMPORTED: Final = ("aiohttp", "jmespath", "orjson", "pydantic")
"""What the demo upstream and the fakes import."""


@dataclass(frozen=True)
class Upstream:
    """An upstream in a container.

    Args:
        title: what it is, for people.
        module: the program that serves it.
        arguments: what the program is given.
        variables: the variables of fanin.toml that lead to it, by name.
    """

    title: str
    module: str
    arguments: tuple[str, ...]
    variables: Mapping[str, str]

    @property
    def allowed(self) -> str:
        """The ports at which it may be reached, as FANIN_ALLOW has them."""
        return "*" if self.module == contained.__name__ else str(_PORT)


def chosen() -> Upstream | None:
    """Choose the fakes beside fanin.toml, or the demo upstream for a file that names its APIs; None for any other.

    Raises:
        Problem: upstream.toml or fanin.toml says what it cannot.
    """
    base_url = f"http://{_NAME}:{_PORT}"
    file = fakes.file_beside(CONFIGURATION)
    if file is None:
        defined = app.variables(base_url, stack.read_configuration().variables)["FANIN_VARIABLES"]
        variables = dict(each.split("=", 1) for each in defined.split())
        if not variables:
            return None
        everywhere = ("--host", "0.0.0.0", "--port", str(_PORT))  # noqa: S104 - of the container
        return Upstream("the demo upstream", "fanin.local.upstream", everywhere, variables)
    names = script_file.read(file).names
    variables = {name: f"http://{_NAME}:{_PORT + place}" for place, name in enumerate(names)}
    arguments = (f"/var/task/fakes/{file.name}", _NAME, str(_PORT))
    return Upstream(f"the fakes of {file.name}", contained.__name__, arguments, variables)


def started(upstream: Upstream, environment: Environment, image: str, network: Network, processes: Processes) -> Server:
    """Start an upstream in a container; `wait` on it before using it.

    Raises:
        Problem: what it imports cannot be installed.
    """
    packages = _packages(environment, processes)
    port = ports.free()
    command: list[str | Path] = ["docker", "run", "--rm", "--pull", "never", "--name", f"{network.name}-{_NAME}"]
    command += ["--network", network.name, "--network-alias", _NAME]
    command += ["--publish", f"{ports.LOOPBACK}:{port}:{_PORT}"]
    command += ["--volume", f"{PACKAGE}:/var/task/fanin:ro", "--volume", f"{packages}:/opt/python:ro"]
    command += ["--volume", f"{CONFIGURATION.parent}:/var/task/fakes:ro"]
    command += ["--env", "PYTHONPATH=/opt/python", "--workdir", "/var/task", "--entrypoint", _INTERPRETER]
    command += [image, "-m", upstream.module, *upstream.arguments]
    process = processes.start("upstream", command)
    # The engine accepts connections to a published port before anything listens in the container.
    return Server(upstream.title, port, process, processes.log("upstream"), announces="listening on")


def _packages(environment: Environment, processes: Processes) -> Path:
    """Install what an upstream imports for the containers' system, in the versions that are locked."""
    folder = processes.folder / "upstream-packages"
    constraint = processes.folder / "upstream-packages.txt"
    constraint.write_text(data.text("requirements/project.txt"))
    install: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", sys.executable]
    install += ["--python-platform", environment.platform, "--python-version", "3.13", "--only-binary", ":all:"]
    install += ["--constraint", constraint, "--target", folder]
    try:
        processes.run("upstream-packages", [*install, *_IMPORTED])
    except CommandFailed as error:
        raise Problem(f"What {_NAME} imports could not be installed:\n\n{error.output.strip()}") from error
    return folder
