"""The jobs function: runs what was handed in as a job."""

from collections.abc import Mapping
from pathlib import Path

from fanin.compose.jobs_parts import handler_of
from fanin.compose.parts import Parts
from fanin.entrypoints.aws_lambda.tasks import TaskHandler


def jobs(folder: Path, environment: Mapping[str, str]) -> TaskHandler:
    """Make the handler that runs jobs.

    Args:
        folder: where fanin.toml is.
        environment: the function's environment.

    Raises:
        ConfigError: fanin.toml cannot be served.
    """
    parts = Parts(folder, environment)
    return handler_of(parts.around_jobs, parts.pipelines())
