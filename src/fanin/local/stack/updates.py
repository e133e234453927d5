"""Bringing changed files to the running stack: what they are part of is built, tried, and exchanged."""

import tempfile
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

from fanin.config.files import files_of
from fanin.local.layout import CONFIGURATION, PACKAGE, PACKAGE_LAYER, ROOT, SAMCONFIG, TEMPLATE
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import CommandFailed, Processes
from fanin.local.sam import build, built, configuration
from fanin.local.stack import file_warnings, preflight, stack, stream_door
from fanin.local.stack.stack import Stack
from fanin.local.upstream.fakes import Fakes

_FIXED = (TEMPLATE, SAMCONFIG, ROOT / "functions", ROOT / "layers", PACKAGE)


def watched() -> list[Path]:
    """Give what the stack is made from: fanin.toml and the files that it names now, and all the rest."""
    return [CONFIGURATION, *files_of(CONFIGURATION), *_FIXED]


class Updates:
    """Keeps a running stack up with the files that it was made from.

    Args:
        stack: what runs.
        processes: starts the builds.
        console: hears of every update and every mistake.
    """

    def __init__(self, stack: Stack, processes: Processes, console: Console) -> None:
        self._stack, self._processes, self._console = stack, processes, console
        output = build.output(stack.environment)
        self._functions = built.functions(output / "template.yaml")
        self._folders = {name: folder for name, folder in built.folders().items() if (output / name).exists()}
        self._waiting: set[str] = set()
        self._configuration = set(files_of(CONFIGURATION))
        self._requirements = configuration.requirements()
        self._artifacts = {name: output / name for name in self._folders}

    def serve(self, changed: AbstractSet[Path]) -> None:
        """Serve changed files from now on, or say what is wrong with them while the old ones go on serving."""
        if changed & {TEMPLATE, SAMCONFIG}:
            self._console.warn("  template.yaml or samconfig.toml has changed: start again to deploy it")
        if (faking := self._stack.fakes) and faking.file in changed:
            self._play(faking)
        made_of, self._configuration = self._configuration, {CONFIGURATION, *files_of(CONFIGURATION)}
        configured = bool(changed & (made_of | self._configuration))
        names = {name for name in self._folders if self._is_made_from(name, changed, configured=configured)}
        if not names:
            return
        # What could not be served before may lack just what has changed now.
        before, self._waiting = self._waiting - names, self._waiting | names
        if (self._update(self._waiting) or (before and self._update(names))) and configured:
            with suppress(Problem):  # what has been saved since may not be right
                self._stack.record.configure(stack.read_configuration())
            file_warnings.show(self._console)

    def _play(self, faking: Fakes) -> None:
        try:
            if faking.read_again():
                self._console.say(f"  the fakes answer by {faking.file.name} as it is now")
            else:
                self._console.warn(f"  {faking.file.name} is for other variables or secrets now: start again to use it")
        except Problem as problem:
            self._console.warn(f"{problem}\n  The fakes go on answering as before.")

    def _update(self, names: AbstractSet[str]) -> bool:
        """Serve functions and layers as they are now; if they cannot be, say what is wrong and give False."""
        try:
            with self._console.step(f"updating {', '.join(sorted(names))}"):
                self._exchange(sorted(names))
        except CommandFailed as error:
            self._console.warn(f"{error.output.strip()}\n  The old version goes on serving.")
            return False
        except _Mistaken as mistaken:
            self._console.warn(f"{mistaken}{_hint(str(mistaken))}\n  The old version goes on serving.")
            return False
        self._waiting -= names
        return True

    def _is_made_from(self, name: str, changed: AbstractSet[Path], *, configured: bool) -> bool:
        folder = self._folders[name]
        if configured and any(function.name == name for function in self._functions):
            return True
        if configured and name == PACKAGE_LAYER and configuration.requirements() != self._requirements:
            return True
        return any(path.is_relative_to(folder) for path in changed)

    def _exchange(self, names: Iterable[str]) -> None:
        with build.locked(self._stack.environment, self._console):
            new = {name: self._build(name) for name in names}
            artifacts = self._artifacts | new
            touched = [function for function in self._functions if {function.name, *function.layers} & new.keys()]
            variables = self._stack.deployment.variables(touched[0].name)
            if found := preflight.mistakes(touched, artifacts, variables):
                raise _Mistaken("\n\n".join(found))
        functions = {function.name for function in self._functions}
        for name, artifact in new.items():
            if name in functions:
                self._stack.deployment.replace_function(name, artifact)
            else:
                self._stack.deployment.replace_layer(name, artifact)
        if self._stack.streaming and any(function.name == stream_door.FUNCTION for function in touched):
            self._stack.streaming.replace(artifacts)
        self._artifacts = artifacts
        self._requirements = configuration.requirements()

    def _build(self, name: str) -> Path:
        artifact = Path(tempfile.mkdtemp(dir=self._processes.folder))
        settings = [f"ARTIFACTS_DIR={artifact}", f"PLATFORM={self._stack.environment.platform}"]
        self._processes.run("updates", ["make", "--no-print-directory", "-C", ROOT, f"build-{name}", *settings])
        return artifact


def _hint(mistakes: str) -> str:
    if "FANIN_VARIABLES" not in mistakes:
        return ""
    return "\n  FANIN_VARIABLES is from the start of make run: if you renamed or removed a variable, start it again."


class _Mistaken(Exception):
    """A function does not start with what was changed; the message says why."""
