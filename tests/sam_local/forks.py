"""SAM's commands in forks of a process that has loaded SAM, since loading takes most of a command's time.

Run by SAM's own interpreter. It reads a line of JSON for each command, an array of SAM's arguments and of the files
that receive what the command writes to its standard output and error, and writes a line with the status of each.
"""

import json
import os
import sys

import samcli.commands.local.invoke.cli  # type: ignore[import-not-found] # noqa: F401 - or each fork would load it
from samcli.cli.main import cli  # type: ignore[import-not-found]


def _main() -> None:
    for line in sys.stdin:
        arguments, *files = json.loads(line)
        if not (child := os.fork()):
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, file in enumerate(files, start=1):
                os.dup2(os.open(file, os.O_WRONLY | os.O_APPEND), number)
            cli(arguments, prog_name="sam")  # ends the fork
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
