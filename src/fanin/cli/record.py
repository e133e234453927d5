"""`fanin record`: asks the APIs of an endpoint, and has fakes answer the same from then on."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from fanin.cli.asking import Model
from fanin.cli.claims import AsOption, ClaimOption, TokenOption
from fanin.cli.exits import Exit
from fanin.cli.given import (
    ALLOWING,
    AllowOption,
    Given,
    HeaderOption,
    InputOption,
    ParametersArgument,
    asked_by,
    means_of,
)
from fanin.cli.options import DEFAULT_FILE, EndpointArgument, FileOption, configuration, endpoint_named, text_of
from fanin.cli.terminal import messages
from fanin.config import Config
from fanin.engine.call import Call, Fetch, Response
from fanin.engine.outcome import Outcome
from fanin.engine.plan import Plan
from fanin.errors import AddressRefused, SourceError
from fanin.local.process.console import Problem
from fanin.local.upstream import script_file
from fanin.local.upstream.recorded import STAND_IN, Exchange, Recording, recording
from fanin.local.upstream.script import content_of

_HEAD = "# What fakes of the APIs answer, in place of these.\n"

ToOption = Annotated[
    Path | None,
    typer.Option("--to", metavar="PATH", help="Where to write; upstream.toml beside fanin.toml without it."),
]


def record(  # noqa: PLR0913 - each is an option of the command
    endpoint: EndpointArgument,
    parameters: ParametersArgument = None,
    file: FileOption = DEFAULT_FILE,
    *,
    to: ToOption = None,
    header: HeaderOption = None,
    given: InputOption = None,
    allow: AllowOption = None,
    who: AsOption = None,
    claim: ClaimOption = None,
    token: TokenOption = None,
) -> None:
    """Ask an endpoint as call does, and write what its APIs answer into upstream.toml, without secrets.

    make run, make serve and tests then answer from there, without a network. What stands there stays.
    """
    config = configuration(file, as_json=False)
    plan = Plan.of(endpoint_named(endpoint, config), config.sources)
    said, means = Given(parameters, header, given, who, claim, token), means_of(config, allow or [])
    target = to or file.with_name(script_file.NAME)
    there, exchanges = _read(target), list[Exchange]()

    def watched(fetch: Fetch) -> Fetch:
        async def ask_and_keep(call: Call) -> Outcome[Response]:
            outcome: Outcome[Response] = await fetch(call)
            if outcome.value is not None and call.request.url.startswith("http"):
                exchanges.append(_exchange(call, outcome.value))
            return outcome

        return ask_and_keep

    asked = asked_by(said, plan, config, Model.ASYNC, means, around=watched)
    made = recording(exchanges, config.variables, there, text_of(file), means.authenticator.redaction)
    if made.lines:
        _write(target, made, _secrets(config, plan, there))
    _tell(made, target, asked.result.failures)
    if made.unnamed or not (made.lines or made.kept):
        raise typer.Exit(Exit.FAILED)


def _exchange(call: Call, response: Response) -> Exchange:
    asked = call.request
    sent = content_of(asked.body or b"", "")  # of a form nothing: it may hold a client's secret
    name = call.source.name
    return Exchange(name, asked.method, asked.url, sent, response.status, response.headers, response.body)


def _read(target: Path) -> Mapping[str, object]:
    """Read what upstream.toml says already.

    Raises:
        typer.BadParameter: it cannot be read.
    """
    try:
        return tomllib.loads(target.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{target} cannot be read: {error}.", param_hint="'--to'") from error


def _secrets(config: Config, plan: Plan, there: Mapping[str, object]) -> str:
    """Write what stands for the secrets of sources, where upstream.toml has nothing that does."""
    names = sorted({name for source in plan.sources.values() for name in config.sources[source.name].secrets})
    if not names or "secrets" in there:
        return ""
    return "\n".join(["[secrets]", *(f'{name} = "{STAND_IN}"' for name in names)]) + "\n\n"


def _write(target: Path, made: Recording, secrets: str) -> None:
    """Add tables at the end of upstream.toml; the file is replaced as a whole, or not at all.

    Raises:
        typer.BadParameter: it cannot be written, or would not be one that fakes can read.
    """
    before = target.read_text(encoding="utf-8").rstrip("\n") + "\n\n" if target.exists() else _HEAD
    beside = target.with_name(f".{target.name}.new")
    try:
        for path, content in made.files.items():
            (target.parent / path).parent.mkdir(exist_ok=True)
            (target.parent / path).write_bytes(content)
        beside.write_text(f"{before}{secrets}{made.text}", encoding="utf-8")
        script_file.read(beside)
        beside.replace(target)
    except (OSError, Problem) as error:
        raise typer.BadParameter(f"{target} cannot be written: {error}.", param_hint="'--to'") from error
    finally:
        beside.unlink(missing_ok=True)


def _tell(made: Recording, target: Path, failures: Mapping[str, SourceError]) -> None:
    console = messages()

    def say(text: str) -> None:
        console.print(text, soft_wrap=True, markup=False, highlight=False)

    for line in made.lines:
        say(f"recorded {line}")
    for line in made.kept:
        say(f"kept {line}, which {target} has already: remove it there to record it anew")
    for source, origin in made.unnamed.items():
        say(
            f"{source}: no fake can stand in for {origin}. Write a variable for it into [variables], and "
            f"{{$name}} into the source's url"
        )
    for name, error in failures.items():
        say(f"{name} has no value: {error.detail}")
    if any(isinstance(error, AddressRefused) for error in failures.values()):
        say(ALLOWING)
    if made.lines:
        say(f"{target} has what was answered, without the secrets. Look it through before you share it.")
