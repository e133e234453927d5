"""Building an environment and deploying it to AWS, with the credentials of whoever runs it.

The first time, in a terminal, SAM asks for each setting, offers what samconfig.toml says, and writes the answers there.

Usage: python -m fanin.local.aws.deploy ENVIRONMENT
"""

import os
import subprocess
import sys
import tempfile

from botocore.exceptions import BotoCoreError, ClientError

from fanin.local.aws import identity, kept
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.process.processes import Processes
from fanin.local.sam import build, environments, sam
from fanin.local.sam.environments import Environment


def main() -> int:
    """Build and deploy the environment that the command line names; SAM's exit status, 1 if it was not built."""
    console, interrupts = Console(), Interrupts()
    interrupts.raise_on_signals()
    try:
        environment = environments.in_the_cloud(sys.argv[1], "deploy")
        console.say(f"  as {identity.require(environment)}")
        with Processes(interrupts) as processes, build.locked(environment, console):
            _build(environment, console, processes)
            if not (sys.stdin.isatty() and not kept.stack_exists(environment)):
                return _deploy(environment)
            status = _deploy(environment, "--guided")
            answered = environments.read(environment.name)
            if status or build.is_fresh(answered):
                return status
            console.say("  These answers take another build, such as that for another architecture.")
            _build(answered, console, processes)
            return _deploy(answered)
    except Problem as problem:
        console.fail(str(problem))
        return 1
    except (BotoCoreError, ClientError) as error:
        console.fail(f"AWS refused: {error}")
        return 1
    except Interrupted:
        return 130


def _build(environment: Environment, console: Console, processes: Processes) -> None:
    if not build.is_fresh(environment):
        with console.step(f"building {environment.name} for {environment.platform}"):
            build.build(environment, processes)


def _deploy(environment: Environment, *options: str) -> int:
    # Attached to the terminal: SAM shows the change set, and for prod asks whether it is meant.
    command = sam.deploy(environment, build.output(environment) / "template.yaml", {})
    # SAM leaves folders behind.
    with tempfile.TemporaryDirectory() as folder:
        environment_of_sam = os.environ | sam.quiet() | {"TMPDIR": folder}
        return subprocess.run([*command, *options], env=environment_of_sam, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
