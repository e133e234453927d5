"""The commands of a project: each is a program of `fanin.local`, run by the project's own Python."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from fanin.cli.exits import Exit
from fanin.cli.options import environment
from fanin.cli.terminal import messages

_PORT = Annotated[int | None, typer.Option(envvar="PORT", help="The port to serve on; 3000 without it.")]
_LIVE = Annotated[bool, typer.Option("--live", help="Read from the APIs themselves, and from no fakes.")]
_CLOUD = Annotated[str, typer.Argument(metavar="ENV", help="An environment of samconfig.toml: dev or prod.")]
_BUILT = Annotated[str, typer.Argument(metavar="ENV", help="An environment of samconfig.toml: local, dev or prod.")]


def setup() -> None:
    """Install what the other commands need, below .venv and .tools; they do it themselves."""
    _set_up(_project())


def run(*, port: _PORT = None, live: _LIVE = False) -> None:
    """Build, deploy to an embedded AWS, and serve; changes are served as you save them."""
    _become("fanin.local.stack.run", port=port, live=live)


def serve(*, port: _PORT = None, live: _LIVE = False) -> None:
    """Serve in one process with Uvicorn, again after every change."""
    _become("fanin.local.reload.run", port=port, live=live)


def local(*, port: _PORT = None, live: _LIVE = False) -> None:
    """Serve in containers with `sam local start-api`, again after every change."""
    _become("fanin.local.containers.run", port=port, live=live)


def event(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="events/gateway/health.json, or a path: /hello/Ada")],
) -> None:
    """Give a function one event with `sam local invoke`, in a container."""
    _become("fanin.local.containers.event", event)


def test(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="PYTEST…", help="What pytest takes.")] = None,  # noqa: PT028 - a command
) -> None:
    """Run the project's tests; they import the modules of handlers by name, as the function does."""
    handlers = str(_project() / "functions/gateway")
    os.putenv("PYTHONPATH", os.pathsep.join([handlers, *filter(None, [environment().get("PYTHONPATH")])]))
    _become("pytest", *(arguments or ["tests"]))


def build(environment: _BUILT = "local") -> None:
    """Build the template with SAM."""
    _become("fanin.local.sam.build", environment)


def deploy(
    environment: _CLOUD = "dev",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: what changes has been approved already.")] = False,
) -> None:
    """Build, and deploy to AWS with your credentials; guided the first time."""
    _become("fanin.local.aws.deploy", environment, *(["--yes"] if yes else []))


def smoke(
    where: Annotated[str, typer.Argument(metavar="WHERE", help="A deployment's URL, or an environment's name.")],
) -> None:
    """Ask every endpoint of a deployment for its example, as its /openapi.json describes them."""
    _become("fanin.local.smoke.run", where)


def logs(environment: _CLOUD = "dev") -> None:
    """Show what functions and API log in AWS, as it comes."""
    _become("fanin.local.aws.logs", environment)


def delete(environment: _CLOUD = "dev") -> None:
    """Delete what was deployed to AWS; asks first."""
    _become("fanin.local.aws.delete", environment)


def lock(*, upgrade: Annotated[bool, typer.Option("--upgrade", help="Take newer versions.")] = False) -> None:
    """Lock the packages of requirements.in, and the wheel in wheels/."""
    _become("fanin.local.project.lock", *(["--upgrade"] if upgrade else []))


COMMANDS: Final[tuple[Callable[..., Any], ...]] = (
    setup,
    run,
    serve,
    local,
    event,
    test,
    build,
    deploy,
    smoke,
    logs,
    delete,
    lock,
)


def _project() -> Path:
    """Find the project around the working folder: the nearest folder with a template."""
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "template.yaml").is_file():
            return folder
    raise _refused("there is no template.yaml here, or in a folder around it. `fanin new shop` makes a project.")


def _set_up(project: Path) -> None:
    """Go into a project's folder, and set up there what is missing."""
    os.chdir(project)
    if (project / "requirements.dev.txt").is_file():
        from fanin.local.project import setup as installing  # noqa: PLC0415 - it looks at the working folder

        if status := installing.main():
            raise typer.Exit(status)
        for name, value in installing.cache().items():
            os.putenv(name, value)  # layers are built by uv, too
    elif not (project / ".venv/.installed").is_file():
        raise _refused(
            f"{project} is not set up: there is no requirements.dev.txt, and no .venv. Run make setup there."
        )


def _become(module: str, *arguments: str, port: int | None = None, live: bool = False) -> None:
    """Go on as a module's program, in the project's folder; its exit status is the command's."""
    project = _project()
    _set_up(project)
    if port is not None:
        os.putenv("PORT", str(port))
    if live:
        os.putenv("LIVE", "1")
    python = project / ".venv/bin/python"
    os.execv(python, [str(python), "-m", module, *arguments])  # noqa: S606 - the project's own Python


def _refused(message: str) -> typer.Exit:
    messages().print(f"fanin: {message}", soft_wrap=True, markup=False)
    return typer.Exit(Exit.FAILED)
