"""Whether functions have the drivers of databases on servers, and may log in: a layer and a right of the template."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from fanin.config import Config
from fanin.config.databases import Database
from fanin.config.finding import Finding
from fanin.local.sam.environments import LOCAL, parameters_of

_LAYER = "Take the parts `database` of template.yaml, and layers/database, from a project of fanin new --with database"
_SWITCH = 'Write "Database=on" into parameter_overrides in samconfig.toml'
_USER = 'Write "DatabaseUsers=" and the ARN of the user into parameter_overrides in samconfig.toml'


def lacking(template: str, parameters: Mapping[str, str]) -> str:
    """Say what to do for an environment's functions to have the drivers; empty if they have them.

    Args:
        template: the text of the template.
        parameters: the parameters that the environment sets.
    """
    if "\n  DatabaseLayer:\n" not in template:
        return _LAYER
    return "" if parameters.get("Database") == "on" else _SWITCH


def warnings(config: Config, folder: Path) -> Iterator[Finding]:
    """Find databases that the functions of a project cannot use once they are deployed.

    Args:
        config: the checked configuration.
        folder: where its fanin.toml is. Without a template.yaml beside it, it is deployed by other means.
    """
    servers = [database for database in config.databases.values() if database.url.dialect != "sqlite"]
    template = folder / "template.yaml"
    if not servers or not template.is_file():
        return
    text = template.read_text(encoding="utf-8")
    environments = parameters_of(folder / "samconfig.toml")
    fixes = {name: lacking(text, parameters) for name, parameters in environments.items()}
    for database in servers:
        if without := [name for name, fix in fixes.items() if fix]:
            message = f"{database.name} is on a server, and functions have no driver for it in {', '.join(without)}"
            yield Finding("no-driver", ("databases", database.name, "url"), message, fixes[without[0]])
        elif refused := _refused(database, environments):
            message = f"functions may not log in to {database.name} as {database.url.user} in {', '.join(refused)}"
            yield Finding("no-database-user", ("databases", database.name, "iam"), message, _USER)


def _refused(database: Database, environments: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Name the environments in AWS that do not let functions log in by IAM."""
    if not database.iam:
        return []
    return [name for name, given in environments.items() if name != LOCAL and not given.get("DatabaseUsers")]
