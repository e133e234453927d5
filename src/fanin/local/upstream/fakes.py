"""`python -m fanin.local.upstream.fakes FOLDER [COMMAND …]` runs a command over the fakes of a folder's upstream.toml.

The command finds the folder's fanin.toml, whose variables lead to the fakes, in its environment. Without a command, the
fakes serve until they are told to stop, and what to export is printed.
"""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fanin.credentials.secrets.places import PREFIX
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.upstream import script_file
from fanin.local.upstream.script import Script
from fanin.local.upstream.scripted import ScriptedUpstreams


@dataclass(frozen=True)
class Fakes:
    """Fakes that serve.

    Args:
        urls: where each is, by the variable of fanin.toml that leads to it.
        secrets: the environment's variables of the secrets that they take.
        file: the upstream.toml that says what they answer.
        play: has them answer by another script.
    """

    urls: Mapping[str, str]
    secrets: Mapping[str, str]
    file: Path
    play: Callable[[Script], None]

    def read_again(self) -> bool:
        """Answer by what the file says now; False if it is about other variables or secrets than at the start.

        Raises:
            Problem: the file says what it cannot.
        """
        said = script_file.read(self.file)
        if said.names != tuple(self.urls) or environment_of(said.secrets) != self.secrets:
            return False
        self.play(said.script)
        return True

    @property
    def together(self) -> str:
        """The URLs as FANIN_VARIABLES has them."""
        return " ".join(f"{name}={url}" for name, url in self.urls.items())

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which fanin reads from them; secrets that are there already stay."""
        return {"FANIN_VARIABLES": self.together, "FANIN_ALLOW": "127.0.0.0/8:*"} | self._missing_secrets

    @property
    def _missing_secrets(self) -> dict[str, str]:
        return {name: value for name, value in self.secrets.items() if name not in os.environ}


def file_beside(configuration: Path) -> Path | None:
    """Give the upstream.toml beside a fanin.toml, if there is one."""
    file = configuration.with_name(script_file.NAME)
    return file if file.is_file() else None


@contextlib.contextmanager
def serving(file: Path, tell: Callable[[str], None] = lambda _: None) -> Iterator[Fakes]:
    """Serve the fakes of an upstream.toml as long as the context lasts.

    Args:
        file: the upstream.toml.
        tell: hears of each request that it has no answer for, and what to write.

    Raises:
        Problem: the file says what it cannot.
    """
    said = script_file.read(file)
    upstreams = ScriptedUpstreams(said.names, unanswered=lambda *asked: tell(_unanswered(*asked)))
    upstreams.play(said.script)
    with upstreams.running():
        urls = {name: upstreams.base_url(name) for name in said.names}
        yield Fakes(urls, environment_of(said.secrets), file, upstreams.play)


def _unanswered(name: str, line: str) -> str:
    """Say what to write into upstream.toml for a request that it has no answer for."""
    table = f"[{name}.{json.dumps(line, ensure_ascii=False)}]"
    return f"  {script_file.NAME} has no answer for {line} of {name}: its fake said 500. Write a table {table}"


def without_variable(urls: Iterable[str], defined: Container[str]) -> str:
    """Say which fakes stand for variables that fanin.toml does not have; nothing if none does."""
    unknown = ", ".join(sorted(name for name in urls if name not in defined))
    return f"{script_file.NAME} has fakes for {unknown}, but fanin.toml has no such variable." if unknown else ""


def environment_of(secrets: Mapping[str, str]) -> dict[str, str]:
    """Give the environment in which secrets have values.

    Args:
        secrets: their values, by name.
    """
    return {PREFIX + name.upper(): value for name, value in secrets.items()}


def main() -> int:
    """Run the command, and give its exit code; without one, 0 when told to stop."""
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder, *command = sys.argv[1:]
    interrupts = Interrupts()
    interrupts.raise_on_signals()
    try:
        with serving(Path(folder) / script_file.NAME) as fakes:
            environment = {"FANIN_CONFIG": str(Path(folder) / "fanin.toml"), **fakes.environment}
            if command:
                return subprocess.run(command, env=os.environ | environment, check=False).returncode
            for name, value in environment.items():
                print(f"export {name}={shlex.quote(value)}", flush=True)
            signal.pause()
    except Problem as problem:
        Console().fail(str(problem))
        return 1
    except Interrupted:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
