"""Showing what an environment in AWS logs, functions and API, as it comes.

Usage: python -m fanin.local.aws.logs ENVIRONMENT
"""

import os
import subprocess
import sys

from fanin.local.aws import identity
from fanin.local.process.console import Console, Problem
from fanin.local.sam import environments, sam


def main() -> int:
    """Show the logs of the environment that the command line names, until Ctrl-C; SAM's exit status."""
    try:
        environment = environments.in_the_cloud(sys.argv[1], "logs")
        identity.require(environment)
        command = sam.logs(environment)
    except Problem as problem:
        Console().fail(str(problem))
        return 1
    try:
        return subprocess.run(command, env=os.environ | sam.quiet(), check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
