"""The environments of samconfig.toml, and the platform that each one's wheels are for."""

import platform
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from fanin.local.layout import SAMCONFIG
from fanin.local.process.console import Problem

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
        region: the AWS region of its stack.
        parameters: the template's parameters that it sets.
        platform: uv's name of the platform that its functions run on.
        confirms: whether `sam deploy` shows what changes, and asks whether it is meant.
        variant: sets a second build of the same environment apart; empty for the ordinary one.
    """

    name: str
    stack_name: str
    region: str
    parameters: Mapping[str, str]
    platform: str
    confirms: bool = False
    variant: str = ""

    @property
    def build_name(self) -> str:
        """What its build is called."""
        return self.name + self.variant


def in_containers() -> Environment:
    """Read local for `sam local`, whose containers run Linux, whatever the machine runs."""
    local = read(LOCAL)
    linux = PLATFORMS[local.parameters["Architecture"]]
    return local if local.platform == linux else replace(local, platform=linux, variant="-linux")


def in_the_cloud(name: str, doing: str) -> Environment:
    """Read an environment that is deployed to AWS.

    Args:
        name: its name.
        doing: the command that wants it, such as `deploy`.

    Raises:
        Problem: it is not for AWS, or samconfig.toml does not have it.
    """
    if name == LOCAL:
        raise Problem(
            f"local is this machine's environment, and `make run` is all that it needs.\n"
            f"For AWS: make {doing} ENV=dev, or prod."
        )
    return read(name)


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
    stack_name, region = settings["stack_name"], settings["region"]
    given = _set(config[name])
    if name != LOCAL:
        confirms = config[name].get("deploy", {}).get("parameters", {}).get("confirm_changeset") is True
        return Environment(name, stack_name, region, given, PLATFORMS[given["Architecture"]], confirms)
    architecture = {"aarch64": "arm64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine())
    if architecture not in PLATFORMS:
        raise Problem(f"Lambda has no {architecture} processors; fanin runs on {' and '.join(PLATFORMS)}.")
    here = _NOT_LINUX.get(platform.system(), PLATFORMS)
    return Environment(name, stack_name, region, given | {"Architecture": architecture}, here[architecture])


def parameters_of(samconfig: Path) -> dict[str, dict[str, str]]:
    """Read the parameters that each environment of a samconfig.toml sets; none of a file that is not there."""
    try:
        config = tomllib.loads(samconfig.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    tables = {name: table for name, table in config.items() if isinstance(table, dict)}
    return {name: _set(table) for name, table in tables.items()}


def _set(environment: Mapping[str, Any]) -> dict[str, str]:
    """Read the parameters of an environment: what `sam deploy --guided` wrote goes before the rest."""
    settings = [environment.get(command, {}).get("parameters", {}) for command in ("global", "deploy")]
    return _parameters(settings[0]) | _parameters(settings[1])


def _parameters(settings: Mapping[str, Any]) -> dict[str, str]:
    """Read the parameters of a table: a list as it is written by hand, a text where `sam deploy --guided` wrote it."""
    overrides = settings.get("parameter_overrides", [])
    each = shlex.split(overrides) if isinstance(overrides, str) else overrides
    return dict(override.split("=", 1) for override in each)
