"""Deleting an environment's stack from AWS, functions, API and logs, once whoever runs it has said yes.

Usage: python -m fanin.local.aws.delete ENVIRONMENT
"""

import os
import subprocess
import sys

from fanin.local.process.console import Console, Problem
from fanin.local.sam import environments, sam


def main() -> int:
    """Ask, and delete the environment that the command line names; SAM's exit status, 1 if it did not come to that."""
    try:
        environment = environments.in_the_cloud(sys.argv[1], "delete")
    except Problem as problem:
        Console().fail(str(problem))
        return 1
    if not sys.stdin.isatty():
        Console().fail("Deleting asks first, and there is no terminal to answer in.")
        return 1
    try:
        command = sam.delete(environment)
        return subprocess.run(command, env=os.environ | sam.quiet(), check=False).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
