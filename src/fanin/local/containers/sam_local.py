"""Running what was built in containers with the real `sam local`, fakes or the demo upstream in a container beside it.

In a container 127.0.0.1 is the container itself. The upstream therefore runs in one of its own, on a network that the
functions' containers join, and its port is published on this machine's loopback address for whoever controls it. Its
address on that network is private: the copy of fanin.toml that is served there says so of every source.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from fanin.config.files import files_of, needs_jwt, needs_schemas
from fanin.local.containers import engine
from fanin.local.containers.engine import Network
from fanin.local.containers.upstream import Upstream, chosen, started
from fanin.local.layout import CONFIGURATION, ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import CommandFailed, Processes
from fanin.local.sam import build, environments, published, sam
from fanin.local.sam.environments import Environment
from fanin.local.stack import stack
from fanin.local.stack.servers import REGION, Server, without_aws

_LIBRARIES: Final = {"jsonschema_rs": needs_schemas, "cryptography": needs_jwt, "_cffi_backend": needs_jwt}
"""The libraries that some fanin.toml need, and what tells which."""
_START_WITHIN: Final = 180.0
"""Seconds in which `sam local start-api` must serve; putting layers into images takes most of it, the first time."""
INVOKE_WITHIN: Final = 180.0
"""Seconds that `sam local invoke` may take."""


@dataclass(frozen=True)
class Sandbox:
    """Where `sam local` runs functions.

    Args:
        environment: what the functions are built for.
        network: what their containers join.
        upstream: what stands for the sources, as this machine reaches it; None if they are the public APIs.
        folder: where SAM keeps what it leaves behind.
        cache: whether sources may have caches.
        reading: what `upstream` serves; None with it.
    """

    environment: Environment
    network: Network
    upstream: Server | None
    folder: Path
    cache: bool
    reading: Upstream | None = None

    @property
    def parameters(self) -> Mapping[str, str]:
        """The template's parameters that only the sandbox knows."""
        parameters = {"Cache": "on" if self.cache else "off"}
        if not self.reading:
            return parameters
        variables = " ".join(f"{name}={url}" for name, url in self.reading.variables.items())
        return parameters | {"Allow": f"{self.network.subnet}:{self.reading.allowed}", "Variables": variables}

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment of SAM's commands, under which they leave nothing behind but in the folder."""
        return _environment() | {"TMPDIR": str(self.folder)}

    def command(self, how: str, template: Path) -> list[str | Path]:
        """Return a command of `sam local` on a built template."""
        command = sam.local(how, self.environment, template, self.parameters, published.downloads(template))
        return [*command, "--docker-network", self.network.name]

    def invocation(self, template: Path, function: str, event: Path) -> list[str | Path]:
        """Return the command that gives a function of a built template an event."""
        return [*self.command("invoke", template), "--event", event, function]


@contextlib.contextmanager
def sandbox(*, live: bool, console: Console, processes: Processes, cache: bool = True) -> Iterator[Sandbox]:
    """Make a place for functions, as long as the context lasts.

    Args:
        live: let them read from the public APIs rather than from a demo upstream.
        console: hears of every step.
        processes: what it is made under.
        cache: whether sources may have caches.

    Raises:
        Problem: containers cannot be started here; the message says what to do.
    """
    environment = environments.in_containers()
    image = engine.base_image(environment)
    engine.require(image)
    network = engine.network(processes)
    reading = None if live else chosen()
    if reading is None:
        yield Sandbox(environment, network, None, processes.folder, cache)
        return
    with console.step(f"starting {reading.title} in a container"):
        upstream = started(reading, environment, image, network, processes)
        upstream.wait()
    yield Sandbox(environment, network, upstream, processes.folder, cache, reading)


def built(where: Sandbox, console: Console, processes: Processes, config: Path = CONFIGURATION) -> Path:
    """Build what is not built, and return a template whose folder stays as it is when others build.

    Args:
        where: what it is built for.
        console: hears of every step.
        processes: builds, and owns the folder.
        config: the fanin.toml to serve.

    Raises:
        Problem: it cannot be built, or a function would not start.
    """
    environment = where.environment
    with build.locked(environment, console):
        if not build.is_fresh(environment):
            stack.read_configuration()
            with console.step("building the functions and layers (sam build)"):
                build.build(environment, processes)
            # Functions for another system than this machine's do not start here.
            if not environment.variant:
                stack.check(environment)
        folder = Path(tempfile.mkdtemp(dir=processes.folder))
        # Hard links: a build makes new files, and leaves those of this folder alone.
        shutil.copytree(build.output(environment), folder, copy_function=os.link, dirs_exist_ok=True)
    for served in folder.glob("*/fanin.toml"):
        for path in files_of(config):
            # Another file takes the place of a link, which is to the build's own.
            copy = served if path == config else served.parent / path.relative_to(config.parent)
            copy.unlink(missing_ok=True)
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text(encoding="utf-8")
            copy.write_text(_private(text) if where.upstream and path.suffix == ".toml" else text, encoding="utf-8")
    layer = folder / "FaninLayer/python"
    for name in [name for name, needs in _LIBRARIES.items() if needs(config)]:
        here = Path(import_module(name).__file__ or "")
        library = here.parent if here.stem == "__init__" else here
        if not (layer / library.name).exists():
            # Built for the root's own fanin.toml, the layer may lack it; here it is for this machine's processor, too.
            (shutil.copytree if library.is_dir() else shutil.copyfile)(library, layer / library.name)
    return published.template(folder / "template.yaml")


@contextlib.contextmanager
def api(template: Path, port: int, where: Sandbox, processes: Processes) -> Iterator[Server]:
    """Serve a built template with `sam local start-api`, as long as the context lasts.

    Raises:
        Problem: it does not serve.
    """
    command = [*where.command("start-api", template), "--port", str(port), "--warm-containers", "EAGER", "--no-watch"]
    name = f"start-api-{template.parent.name}"
    process = processes.start(name, command, _environment())
    server = Server("sam local start-api", port, process, processes.log(name), announces="Running on http://")
    try:
        server.wait(_START_WITHIN)
        yield server
    finally:
        # Told to end, SAM removes its containers. Whatever it leaves goes with the network.
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)


def invoke(template: Path, function: str, event: Path, where: Sandbox) -> Any:
    """Give a function of a built template an event with `sam local invoke`, and return its response.

    Raises:
        CommandFailed: it gave none.
    """
    response, _ = invoke_with_logs(template, function, event, where)
    return response


def invoke_with_logs(template: Path, function: str, event: Path, where: Sandbox) -> tuple[Any, str]:
    """Do as `invoke`, and return what the function logged too."""
    command = where.invocation(template, function, event)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=where.variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=INVOKE_WITHIN,
    )
    if done.returncode:
        raise CommandFailed(command, done.returncode, done.stderr)
    return json.loads(done.stdout), done.stderr


def _private(text: str) -> str:
    """Say of every source of a fanin.toml that its address may be private."""
    for name, source in tomllib.loads(text).get("sources", {}).items():
        if "url" in source and "private" not in source:
            text = re.sub(rf"^\[sources\.{name}\].*$", r"\g<0>\nprivate = true", text, flags=re.MULTILINE)
    return text


def _environment() -> dict[str, str]:
    """Return an environment with which SAM finds the engine, but no credentials to hand to the containers."""
    engine_settings = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
    nobody = {"AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_CONFIG_FILE": os.devnull}
    aws = {**nobody, "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
    return without_aws() | engine_settings | aws | sam.quiet()
