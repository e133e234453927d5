"""Deleting an environment's stack from AWS, functions, API and logs, once whoever runs it has said yes.

Tables and buckets stay when a stack is deleted. This asks about them, too, and empties and deletes them after a yes.

Usage: python -m fanin.local.aws.delete ENVIRONMENT
"""

import os
import subprocess
import sys

from botocore.exceptions import BotoCoreError, ClientError

from fanin.local.aws import identity, kept
from fanin.local.process.console import Console, Problem
from fanin.local.sam import environments, sam
from fanin.local.sam.environments import Environment


def main() -> int:
    """Ask, and delete the environment that the command line names; SAM's exit status, 1 if it did not come to that."""
    console = Console()
    try:
        return _delete(environments.in_the_cloud(sys.argv[1], "delete"), console)
    except Problem as problem:
        console.fail(str(problem))
        return 1
    except (BotoCoreError, ClientError) as error:
        console.fail(f"AWS refused: {error}")
        return 1
    except (KeyboardInterrupt, EOFError):
        return 130


def _delete(environment: Environment, console: Console) -> int:
    if not sys.stdin.isatty():
        raise Problem("Deleting asks first, and there is no terminal to answer in.")
    identity.require(environment)
    if not kept.stack_exists(environment):
        raise Problem(f"There is no stack {environment.stack_name} in {environment.region}.")
    data = kept.of_stack(environment)
    command = sam.delete(environment)
    if status := subprocess.run(command, env=os.environ | sam.quiet(), check=False).returncode:
        return status
    if not data or kept.stack_exists(environment):
        return 0  # SAM was told not to
    console.say("\n  The stack is gone. Its data is still there:\n")
    for each in data:
        console.say(f"    {each.kind} {each.name} ({each.logical})")
    if input("\n  Delete them, with all that is in them? [y/N] ").strip().lower() not in {"y", "yes"}:
        console.say("  They stay. You find them by these names in the consoles of DynamoDB and S3.")
        return 0
    for each in data:
        kept.remove(environment, each)
        console.say(f"  deleted the {each.kind} {each.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
