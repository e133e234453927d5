"""The environments of samconfig.toml, and the platform that each one's wheels are for."""

import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dev.console import Problem
from dev.layout import SAMCONFIG

LOCAL: Final = "local"
PLATFORMS: Final[Mapping[str, str]] = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
"""What uv calls the system of Lambda's python3.13, for each architecture that Lambda has."""
_NOT_LINUX: Final = {"Darwin": {"arm64": "aarch64-apple-darwin", "x86_64": "x86_64-apple-darwin"}}


@dataclass(frozen=True)
class Environment:
    """What a build needs to know of one environment.

    Args:
        name: its name in samconfig.toml.
        stack_name: the name of its stack.
        parameters: the template's parameters that it sets.
        platform: uv's name of the platform that its functions run on.
    """

    name: str
    stack_name: str
    parameters: Mapping[str, str]
    platform: str


def read(name: str) -> Environment:
    """Read an environment from samconfig.toml; local's architecture and platform are this machine's.

    Raises:
        Problem: samconfig.toml has no such environment, or Lambda has no such architecture.
    """
    config = tomllib.loads(SAMCONFIG.read_text())
    if name not in config or not isinstance(config[name], dict):
        names = ", ".join(key for key, value in config.items() if isinstance(value, dict))
        raise Problem(f"samconfig.toml has no environment {name!r}. ENV= can be {names}.")
    settings = config[name]["global"]["parameters"]
    stack_name = settings["stack_name"]
    parameters = dict(override.split("=", 1) for override in settings["parameter_overrides"])
    if name != LOCAL:
        return Environment(name, stack_name, parameters, PLATFORMS[parameters["Architecture"]])
    architecture = {"aarch64": "arm64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine())
    if architecture not in PLATFORMS:
        raise Problem(f"Lambda has no {architecture} processors; fanin runs on {' and '.join(PLATFORMS)}.")
    here = _NOT_LINUX.get(platform.system(), PLATFORMS)
    return Environment(name, stack_name, parameters | {"Architecture": architecture}, here[architecture])
