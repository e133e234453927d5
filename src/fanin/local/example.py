"""The example that EXAMPLE names."""

from fanin.local.layout import CONFIGURATION, EXAMPLE, EXAMPLES
from fanin.local.process.console import Problem


def check() -> None:
    """Make sure that there is an example of the name that was given, if one was.

    Raises:
        Problem: there is not.
    """
    if EXAMPLE and not CONFIGURATION.is_file():
        names = ", ".join(sorted(file.parent.name for file in EXAMPLES.glob("*/fanin.toml")))
        raise Problem(f"EXAMPLE={EXAMPLE}: there is no such example. Choose one of {names}")


def refuse() -> None:
    """Refuse an example where there are no fakes: in containers.

    Raises:
        Problem: there is one.
    """
    if EXAMPLE:
        raise Problem(f"make local has no fakes for EXAMPLE={EXAMPLE}. Use make run EXAMPLE={EXAMPLE}")
