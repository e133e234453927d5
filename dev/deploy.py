"""Building an environment and deploying it to AWS, with the credentials of whoever runs it.

Usage: python -m dev.deploy ENVIRONMENT
"""

import os
import subprocess
import sys

from dev import build, environments, sam
from dev.console import Console, Problem
from dev.environments import LOCAL, Environment
from dev.interrupts import Interrupted, Interrupts
from dev.processes import Processes


def main() -> int:
    """Build and deploy the environment that the command line names; SAM's exit status, 1 if it was not built."""
    console, interrupts = Console(), Interrupts()
    interrupts.raise_on_signals()
    try:
        environment = _in_the_cloud(sys.argv[1])
        with Processes(interrupts) as processes, build.locked(environment, console):
            if not build.is_fresh(environment):
                with console.step(f"building {environment.name} for {environment.platform}"):
                    build.build(environment, processes)
            return _deploy(environment)
    except Problem as problem:
        console.fail(str(problem))
        return 1
    except Interrupted:
        return 130


def _in_the_cloud(name: str) -> Environment:
    if name == LOCAL:
        raise Problem("`make run` deploys local, to this machine. For AWS: make deploy ENV=dev, or prod.")
    return environments.read(name)


def _deploy(environment: Environment) -> int:
    # Attached to the terminal: SAM shows the change set, and for prod asks whether it is meant.
    command = sam.deploy(environment, build.output(environment) / "template.yaml", {})
    return subprocess.run(command, env=os.environ | sam.quiet(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
