"""Building an environment and deploying it to AWS, with the credentials of whoever runs it.

The first time, in a terminal, SAM asks for each setting, offers what samconfig.toml says, and writes the answers there.
Where samconfig.toml says confirm_changeset, SAM shows what changes and asks; `--yes` is for where somebody has approved
it already.

Usage: python -m fanin.local.aws.deploy ENVIRONMENT [--yes]
"""

import os
import subprocess
import sys
import tempfile
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from fanin.local.aws import identity, kept
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.process.processes import Processes
from fanin.local.sam import build, environments, sam
from fanin.local.sam.environments import Environment

_UNANSWERED: Final = """\
{0} is deployed once somebody has looked at what changes, and there is no terminal to answer in.
Where that is approved already, as in a workflow: make deploy ENV={0} YES=1. Nothing has been built or changed."""


def main() -> int:
    """Build and deploy the environment that the command line names; SAM's exit status, 1 if it was not built."""
    console, interrupts = Console(), Interrupts()
    interrupts.raise_on_signals()
    try:
        environment, yes = environments.in_the_cloud(sys.argv[1], "deploy"), "--yes" in sys.argv[2:]
        _require_an_answer(environment, yes=yes)
        console.say(f"  as {identity.require(environment)}")
        with Processes(interrupts) as processes, build.locked(environment, console):
            _build(environment, console, processes)
            if not (sys.stdin.isatty() and not kept.stack_exists(environment)):
                return _deploy(environment, *_confirmed(yes=yes))
            status = _deploy(environment, "--guided")
            answered = environments.read(environment.name)
            if status or build.is_fresh(answered):
                return status
            console.say("  These answers take another build, such as that for another architecture.")
            _build(answered, console, processes)
            return _deploy(answered, *_confirmed(yes=yes))
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


def _require_an_answer(environment: Environment, *, yes: bool) -> None:
    """Make sure that somebody can say whether what changes is meant, or has said so.

    Raises:
        Problem: nobody can.
    """
    if environment.confirms and not yes and not sys.stdin.isatty():
        raise Problem(_UNANSWERED.format(environment.name))


def _confirmed(*, yes: bool) -> list[str]:
    return ["--no-confirm-changeset"] if yes else []


def _deploy(environment: Environment, *options: str) -> int:
    # Attached to the terminal: SAM shows the change set, and for prod asks whether it is meant.
    command = sam.deploy(environment, build.output(environment) / "template.yaml", {})
    # SAM leaves folders behind.
    with tempfile.TemporaryDirectory() as folder:
        environment_of_sam = os.environ | sam.quiet() | {"TMPDIR": folder}
        return subprocess.run([*command, *options], env=environment_of_sam, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
