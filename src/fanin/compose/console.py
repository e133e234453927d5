"""Whether the gateway has a console, and for whom."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from fanin.compose.parts import Parts, path_of
from fanin.config.finding import ConfigError, Finding
from fanin.config.mistake import nearest, quoted

# ruff: noqa: PLC0415 - no part of other cold starts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.routing import BaseRoute

    from fanin.engine.call import Fetch
    from fanin.entrypoints.console.recent import Recent

CONSOLE: Final = "FANIN_CONSOLE"
"""The variable that is `on` where anybody may use the console, or names those of [callers] who may."""
_EVERYBODY: Final = "on"
_NOBODY: Final = frozenset({"", "off"})


def console_of(parts: Parts, folder: Path, pipelines: "Mapping[str, Fetch]") -> "tuple[list[BaseRoute], Recent] | None":
    """Make the console's routes, and what keeps the last requests, if there is one.

    Args:
        parts: the function's.
        folder: where fanin.toml is, unless the environment names it.
        pipelines: the pipeline of each source.

    Raises:
        ConfigError: the environment names callers that fanin.toml does not have.
    """
    wanted = parts.environment.get(CONSOLE, "")
    if wanted in _NOBODY:
        return None
    if wanted != _EVERYBODY and wanted not in parts.config.callers:
        fix = nearest(wanted, parts.config.callers) if parts.config.callers else "Write on or off"
        message = f"{quoted(wanted)} is neither on nor off, and none of [callers]"
        raise ConfigError([Finding("unknown-caller", (CONSOLE,), message, fix)], "environment")
    from fanin.entrypoints.console.recent import Recent
    from fanin.entrypoints.fastapi.console import Around, console_routes
    from fanin.observability.kept_lines import kept_lines

    caller = "" if wanted == _EVERYBODY else wanted
    recent = Recent(parts.catalogue.plans, parts.redact, lines=kept_lines())
    around = Around(path_of(folder, parts.environment), parts.environment, parts.redact, caller, recent)
    return console_routes(parts.catalogue, pipelines, parts.front_door, around), recent
