"""`fanin add`: sources and endpoints out of an OpenAPI document, or out of a command line of curl."""

from typing import Annotated

import typer

from fanin.cli.given import AllowOption
from fanin.cli.options import DEFAULT_FILE, FileOption, JsonOption


def add(  # noqa: PLR0913 - each is an option of the command
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A document of OpenAPI 3 or Swagger 2, a file or a URL; or a curl command, in quotes; - reads it.",
        ),
    ],
    file: FileOption = DEFAULT_FILE,
    *,
    operation: Annotated[
        list[str] | None,
        typer.Option(
            "--operation",
            "-o",
            metavar="ID",
            help='Which operation: its id, or "GET /path". Without it, all are listed.',
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What source and endpoint are called.")] = None,
    upstream: Annotated[str | None, typer.Option(help="What the API's upstream is called.")] = None,
    server: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the API is, if not where the document says.")
    ] = None,
    caller: Annotated[
        str | None, typer.Option(help="Who may ask for the endpoints: one of \\[callers], or anyone.")
    ] = None,
    source_only: Annotated[bool, typer.Option("--source-only", help="Add no endpoint.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be added, and write nothing.")] = False,
    allow: AllowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add sources and endpoints to fanin.toml: operations of an OpenAPI document, or what a curl command asks for.

    What is there stays as it is. Secrets become references, whose values stand in no file.
    """
    from fanin.cli.adding.run import Wanted, run  # noqa: PLC0415 - other commands need none of it

    wanted = Wanted(
        what, tuple(operation or ()), name, upstream, server, caller, source_only, dry_run, tuple(allow or ())
    )
    run(wanted, file, as_json=as_json)
