"""Calling the AWS SAM CLI."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

from dev.environments import Environment
from dev.layout import BUILD, SAM, SAMCONFIG, TEMPLATE


def build(environment: Environment, into: Path) -> list[str | Path]:
    """Return the command that builds the template into a folder."""
    command = _command("build", environment, TEMPLATE, environment.parameters)
    return [*command, "--build-dir", into, "--parallel"]


def deploy(environment: Environment, template: Path, parameters: Mapping[str, str]) -> list[str | Path]:
    """Return the command that deploys a built template, `parameters` added to the environment's own."""
    return _command("deploy", environment, template, {**environment.parameters, **parameters})


def quiet() -> dict[str, str]:
    """Return the environment variables under which SAM neither reports its use, asks for newer versions nor dawdles."""
    folder = BUILD / "sam"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metadata.json").write_text(json.dumps({"lastVersionCheck": time.time(), "telemetryEnabled": False}))
    return {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2", "__SAM_CLI_APP_DIR": str(folder)}


def _command(command: str, environment: Environment, template: Path, parameters: Mapping[str, str]) -> list[str | Path]:
    settings: list[str | Path] = ["--config-file", SAMCONFIG, "--config-env", environment.name]
    # Without the quotes, SAM takes what follows a space in a value for the next parameter.
    overrides = [f'{name}="{value}"' for name, value in parameters.items()]
    return [SAM, command, *settings, "--template-file", template, "--parameter-overrides", *overrides]
