"""What the commands are given: the environment, the file, one of its endpoints."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from fanin.cli.exits import Exit
from fanin.cli.findings import Findings
from fanin.cli.terminal import messages, print_json
from fanin.config import Config, load
from fanin.config.finding import ConfigError
from fanin.config.format import Endpoint
from fanin.config.mistake import nearest

FileOption = Annotated[
    Path,
    typer.Option("--file", "-f", envvar="FANIN_CONFIG", metavar="PATH", help="The file to read.", dir_okay=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

DEFAULT_FILE = Path("fanin.toml")


def environment() -> Mapping[str, str]:
    """Give the environment of the process."""
    return os.environ  # noqa: TID251 - the command is an entry point, as the functions are


def text_of(file: Path, option: str = "--file") -> str:
    """Read a file as far as it is there and is text.

    Args:
        file: the file.
        option: what of the command line names it.

    Raises:
        typer.BadParameter: there is no such file.
    """
    if file.is_dir():
        raise typer.BadParameter(f"{str(file)!r} is a folder. Name the file in it.", param_hint=f"'{option}'")
    if not file.is_file():
        more = " here. Name another, or make a project: fanin new FOLDER" if file == DEFAULT_FILE else ""
        raise typer.BadParameter(f"there is no file {str(file)!r}{more}.", param_hint=f"'{option}'")
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def content_of(text: str, option: str) -> bytes:
    """Give the value of an option: what stands there, or in the file that is named behind `@`; `@-` reads.

    Args:
        text: as it is given.
        option: what messages call it.

    Raises:
        typer.BadParameter: there is no such file.
    """
    if not text.startswith("@"):
        return text.encode()
    try:
        return sys.stdin.buffer.read() if text == "@-" else Path(text[1:]).read_bytes()
    except OSError as error:
        message = f"{text[1:]!r} cannot be read: {error.strerror}."
        raise typer.BadParameter(message, param_hint=option) from error


def configuration(
    file: Path, *, as_json: bool, option: str = "--file", called: str = "", overridden: bool = True
) -> Config:
    """Load a file; where it cannot be served, show its findings and exit.

    Args:
        file: the file.
        as_json: whether its findings are shown as JSON.
        option: what of the command line names it.
        called: what findings call it; its path without that.
        overridden: whether variables have the values of the environment, rather than the file's own.

    Raises:
        typer.BadParameter: there is no such file.
        typer.Exit: it cannot be served.
    """
    text = text_of(file, option)
    try:
        return load(file, environment() if overridden else {})
    except ConfigError as error:
        found = Findings(called or str(file), text, errors=error.findings)
    if as_json:
        print_json(found.json)
    else:
        found.show(messages())
    raise typer.Exit(Exit.FAILED)


def endpoint_named(name: str, config: Config) -> Endpoint:
    """Give an endpoint.

    Raises:
        typer.BadParameter: there is none of this name.
    """
    if name not in config.endpoints:
        message = f"there is no endpoint {name!r}. {nearest(name, config.endpoints)}."
        raise typer.BadParameter(message, param_hint="'ENDPOINT'")
    return config.endpoints[name]


def endpoint_names(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Complete an endpoint's name, with its path as the help; nothing where fanin.toml cannot be served."""
    config = _config_to_complete(ctx)
    endpoints = config.endpoints.values() if config else ()
    return [(endpoint.name, endpoint.path) for endpoint in endpoints if endpoint.name.startswith(incomplete)]


def parameters_of(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Complete a parameter of the endpoint that stands before it: its example, or its name where it has none."""
    config = _config_to_complete(ctx)
    endpoint = config.endpoints.get(ctx.params.get("endpoint") or "") if config else None
    parameters = {endpoint.sent_as[name]: each for name, each in endpoint.all_parameters.items()} if endpoint else {}
    offered = [
        (f"{name}={','.join(parameter.texts(parameter.example))}", parameter.description)
        for name, parameter in parameters.items()
    ]
    return [(text, description) for text, description in offered if text.startswith(incomplete)]


def _config_to_complete(ctx: typer.Context) -> Config | None:
    try:
        return load(Path(ctx.params.get("file") or DEFAULT_FILE), environment())
    except ConfigError:
        return None


EndpointArgument = Annotated[
    str, typer.Argument(metavar="ENDPOINT", help="The endpoint's name.", autocompletion=endpoint_names)
]
