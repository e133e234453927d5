"""Calling the AWS SAM CLI."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

from fanin.local.layout import BUILD, ROOT, SAM, SAMCONFIG
from fanin.local.sam.environments import Environment


def build(environment: Environment, template: Path, into: Path) -> list[str | Path]:
    """Return the command that builds a template into a folder; the folders that it names are those of the project."""
    command = _command("build", environment, template, environment.parameters)
    return [*command, "--base-dir", ROOT, "--build-dir", into, "--parallel"]


def deploy(environment: Environment, template: Path, parameters: Mapping[str, str]) -> list[str | Path]:
    """Return the command that deploys a built template, `parameters` added to the environment's own."""
    return _command("deploy", environment, template, {**environment.parameters, **parameters})


def local(
    how: str, environment: Environment, template: Path, parameters: Mapping[str, str], layers: Path
) -> list[str | Path]:
    """Return the command that runs a built template in containers: `invoke`, `start-api`.

    Args:
        how: which.
        environment: what was built.
        template: the built template.
        parameters: its parameters, besides the environment's own.
        layers: the folder of downloaded layers.
    """
    command = _command(f"local {how}", environment, template, {**environment.parameters, **parameters})
    return [*command, "--skip-pull-image", "--layer-cache-basedir", layers]


def logs(environment: Environment) -> list[str | Path]:
    """Return the command that shows the logs of a stack in AWS, as they come."""
    return [SAM, "logs", *_settings(environment), "--stack-name", environment.stack_name, "--tail"]


def delete(environment: Environment) -> list[str | Path]:
    """Return the command that asks whether a stack in AWS shall be deleted, and deletes it."""
    return [SAM, "delete", *_settings(environment), "--stack-name", environment.stack_name]


def quiet() -> dict[str, str]:
    """Return the environment variables under which SAM neither reports its use, asks for newer versions nor dawdles."""
    folder = BUILD / "sam"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metadata.json").write_text(json.dumps({"lastVersionCheck": time.time(), "telemetryEnabled": False}))
    return {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2", "__SAM_CLI_APP_DIR": str(folder)}


def _command(command: str, environment: Environment, template: Path, parameters: Mapping[str, str]) -> list[str | Path]:
    # Without the quotes, SAM takes what follows a space in a value for the next parameter.
    overrides = [f'{name}="{value}"' for name, value in parameters.items()]
    return [
        SAM,
        *command.split(),
        *_settings(environment),
        "--template-file",
        template,
        "--parameter-overrides",
        *overrides,
    ]


def _settings(environment: Environment) -> list[str | Path]:
    return ["--config-file", SAMCONFIG, "--config-env", environment.name]
