"""What `/opt/fanin-runtime` starts, with the function's folder and the layers on the path."""

import os
import sys
from importlib import import_module

from fanin.entrypoints.runtime.run import Program


def give_way() -> None:
    """Run the command that Lambda has named, which starts AWS's own runtime, in the place of this program.

    Raises:
        RuntimeError: it has named none.
    """
    if not sys.argv[1:]:
        raise RuntimeError("fanin's runtime serves several events at once for applications only")
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - Lambda's own command


if __name__ == "__main__":
    sys.exit(Program(os.environ, import_module, sys.orig_argv, give_way).run())  # noqa: TID251 - as a function's module does
