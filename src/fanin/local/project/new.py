"""A new project: the repository's own files as far as they are asked for, and a few that are the owner's own.

`--cookiecutter` writes the same as a folder that `sam init --location` takes.
"""

import json
import re
import sqlite3
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from fanin.local.process.console import Problem
from fanin.local.project import data, parts
from fanin.local.project.wheel import Wheel
from fanin.local.sam.parts import without

OWN: Final = "fanin"
"""The name under which the repository's own samconfig.toml is written."""
_FILES: Final = {
    "fanin.toml": "fanin.toml",
    "upstream.toml": "upstream.toml",
    ".gitignore": "gitignore",
    "Makefile": "Makefile",
    "README.md": "README.md",
}
"""What is a project's own, by its path there: the file in `files`."""
_SCRIPT: Final = "shop.sql"
_DATABASE: Final = "shop.db"
"""What a project has that has a database: the database, and how it is made."""
WORKFLOW: Final = ".github/workflows/deploy.yml"
"""What a project with the part `ci` has."""
_COPIED: Final = ("functions", "layers", "events", "tests/project")
_PARAMETER: Final = re.compile(r'^ *"([A-Za-z]+)=[^\n]*",\n', re.MULTILINE)
_NAME: Final = "{{name}}"
_PARTS: Final = "{{parts}}"
"""In the README: what the project has, and how it is seen to work."""
_LONGEST: Final = 60
"""Characters of a name: CloudFormation's names have 128, and more is added to them."""
_BINARY: Final = (".whl", ".db")
_COOKIECUTTERS: Final = "{{cookiecutter.project_name}}"
_BRACES: Final = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}")

type Files = Mapping[str, bytes]
"""What a project is made of, by path."""


def files(name: str, wanted: Sequence[str], wheel: Wheel, on: Container[str] = parts.PARTS) -> Files:
    """Make all files of a project.

    Args:
        name: what it is called; its stacks begin with it.
        wanted: the parts that it has.
        wheel: the fanin that it uses.
        on: the parts that are switched on in every environment, if they are wanted.
    """
    made = {path: text.encode() for path, text in shared(name, wanted, on).items()}
    for path, source in {**_FILES, **({WORKFLOW: "deploy.yml"} if "ci" in wanted else {})}.items():
        made[path] = _own(source).replace(_NAME, name).replace(_PARTS, _told(wanted)).encode()
    if "database" in wanted:
        made["fanin.toml"] += _own("database.toml").encode()
        made[_SCRIPT] = _own(_SCRIPT).encode()
        made[_DATABASE] = _database(_own(_SCRIPT))
    made["requirements.dev.txt"] = lock(wheel).encode()
    made[f"wheels/{wheel.name}"] = wheel.content
    return dict(sorted(made.items()))


def shared(name: str, wanted: Sequence[str], on: Container[str] = parts.PARTS) -> Mapping[str, str]:
    """Make the files that the repository has, too, in the same place."""
    template = without(data.text("template.yaml"), parts.left_out(wanted))
    made = {
        "requirements.in": data.text("requirements.in"),
        "template.yaml": template,
        "samconfig.toml": _samconfig(name, template, [part for part in wanted if part in on]),
    }
    left_out = tuple(f"{folder}/" for folder in parts.folders_left_out(wanted))
    for folder in _COPIED:
        made |= {path: data.text(path) for path in data.below(folder) if not path.startswith(left_out)}
    return made


def lock(wheel: Wheel) -> str:
    """Lock what the commands of a project install: a wheel of fanin, and all that it needs."""
    return f"{wheel.requirement}{data.text('requirements/project.txt')}"


def write(folder: Path, made: Files) -> list[str]:
    """Write a project's files; one that is there stays as it is.

    Args:
        folder: where; it may be there.
        made: the files.

    Returns:
        the paths of those that were there.

    Raises:
        Problem: the folder is a file, or cannot be written to.
    """
    kept = []
    for path, content in made.items():
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(content)
            if content.startswith(b"#!"):
                target.chmod(target.stat().st_mode | 0o111)  # a wheel's files have lost it
        except FileExistsError:
            kept.append(path)
        except OSError as error:
            raise Problem(f"{target} cannot be written: {error.strerror}. Name another folder.") from error
    return kept


def cookiecutter(made: Files) -> Files:
    """Make, of the files of a project with the name `NAME_IN_COOKIECUTTER`, a folder for `sam init --location`."""
    template = {"project_name": "shop", "_copy_without_render": [f"*{suffix}" for suffix in _BINARY]}
    return {"cookiecutter.json": json.dumps(template, indent=2).encode()} | dict(_rendered(made))


def name_of(folder: str | Path) -> str:
    """Make a project's name of its folder's, or of a text: what CloudFormation lets a stack be called.

    Raises:
        Problem: nothing is left of it.
    """
    plain = unicodedata.normalize("NFKD", Path(folder).resolve().name).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].rstrip("-")
    if not re.match(r"[a-z]", name):
        raise Problem(f"{Path(folder).resolve().name!r} makes no name for a stack. Say --name: letters, digits and -")
    return name


NAME_IN_COOKIECUTTER: Final = "fanin-project-name"


def _rendered(made: Files) -> Iterator[tuple[str, bytes]]:
    for path, content in made.items():
        target = f"{_COOKIECUTTERS}/{path}"
        if path.endswith(_BINARY):
            yield target, content
            continue
        escaped = _BRACES.sub(lambda brace: "{{'" + brace[0] + "'}}", content.decode())
        yield target, escaped.replace(NAME_IN_COOKIECUTTER, _COOKIECUTTERS).encode()


def _told(wanted: Sequence[str]) -> str:
    if not wanted:
        return ""
    told = [f"- `{part}`: {parts.PARTS[part].summary}.\n  {parts.PARTS[part].use}." for part in wanted]
    return "\n".join(["", "What it has beside, and how you see it while `make run` serves:", "", *told, ""])


def _own(source: str) -> str:
    return Path(__file__).with_name("files").joinpath(source).read_text(encoding="utf-8")


def _database(script: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
        return connection.serialize()


def _samconfig(name: str, template: str, on: Sequence[str]) -> str:
    """Name the stacks, switch parts on, and leave out the parameters that the template does not have."""
    text = data.text("samconfig.toml")
    for switch in {parts.PARTS[part].switch for part in on} - {""}:
        text = text.replace(f'"{switch}=off"', f'"{switch}=on"')
    text = re.sub(rf'^(stack_name = "){OWN}(?=[-"])', rf"\g<1>{name}", text, flags=re.MULTILINE)
    text = text.replace(f"ssm:/{OWN}/", f"ssm:/{name}/").replace(f'"project={OWN}"', f'"project={name}"')
    return _PARAMETER.sub(lambda line: line[0] if f"\n  {line[1]}:\n" in template else "", text)
