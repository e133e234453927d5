"""The container engine of this machine, and networks on which a command's containers find each other."""

import secrets
import shutil
import subprocess
from dataclasses import dataclass

from fanin.local.process.console import Problem
from fanin.local.process.processes import Processes
from fanin.local.sam.environments import Environment

_WITHIN = 60.0
"""Seconds in which the engine must answer; an idle one takes a fraction of one."""


@dataclass(frozen=True)
class Network:
    """A network of containers.

    Args:
        name: its name in the engine.
        subnet: the addresses of its containers, as CIDR.
    """

    name: str
    subnet: str


def base_image(environment: Environment) -> str:
    """Return the image that `sam local` builds an environment's functions on."""
    return f"public.ecr.aws/lambda/python:3.13-{environment.parameters['Architecture']}"


def require(image: str) -> None:
    """Make sure that containers of an image can be started.

    Raises:
        Problem: there is no engine, it does not answer, or it does not have the image.
    """
    if not shutil.which("docker"):
        raise Problem(
            "`sam local` runs functions in containers, and there is no container engine: the command docker was not\n"
            "found. Install Docker, start it, and try again. What needs no containers: make run"
        )
    answer = _docker("version", "--format", "{{.Server.Version}}")
    if answer.returncode:
        raise Problem(
            f"The container engine does not answer:\n\n{answer.stderr.strip()}\n\n"
            "Start it, and try again. What needs no containers: make run"
        )
    if _docker("image", "inspect", image).returncode:
        raise Problem(f"The container engine does not have Lambda's base image. Fetch it with: docker pull {image}")


def network(processes: Processes) -> Network:
    """Make a network. It is removed with the processes, and so is every container that is on it then.

    Raises:
        Problem: the engine refuses.
    """
    name = f"fanin-{secrets.token_hex(6)}"
    # Noted first: a program that dies in between leaves none behind.
    processes.owns_network(name)
    made = _docker("network", "create", name)
    if made.returncode:
        raise Problem(f"The container engine made no network:\n\n{made.stderr.strip()}")
    inspected = _docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", name)
    return Network(name, inspected.stdout.strip())


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["docker", *arguments],  # noqa: S607 - wherever the engine's installer put it
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN,
        )
    except subprocess.TimeoutExpired as error:
        raise Problem(f"The container engine took longer than {_WITHIN:.0f} s to answer. Restart it.") from error
