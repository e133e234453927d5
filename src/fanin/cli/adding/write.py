"""An addition written into a fanin.toml, once the file is known to be served with it; what is there stays as it is."""

import os
import shutil
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from fanin.cli.adding import toml
from fanin.cli.adding.place import Addition
from fanin.config import Config, load
from fanin.config.files import files_of
from fanin.config.finding import ConfigError
from fanin.config.locate import masked
from fanin.local.process.console import Problem

NEW_FILE = "fanin = 1\n"
"""What a file begins with that is not there yet."""
_VARIABLES = "[variables]"


def has_variables(file: Path) -> bool:
    """Whether a file has a table of variables to which lines can be added."""
    try:
        return _below_variables(file.read_text(encoding="utf-8", errors="replace")) is not None
    except OSError:
        return False


def _below_variables(text: str) -> int | None:
    """Give where the line behind the header of the table of variables begins; None without one."""
    offset = 0
    for line in masked(text).split("\n")[:-1]:
        offset += len(line) + 1
        if line.partition("#")[0].strip() == _VARIABLES:
            return offset
    return None


def check(file: Path, added: Addition) -> Config:
    """Read the file as it will be, in a folder of its own: nothing is written that cannot be served.

    Args:
        file: the file, which need not be there.
        added: what is added.

    Raises:
        Problem: a schema's file is there; the file could not be served.
    """
    for path in added.schemas:
        if (file.parent / path).exists():
            raise Problem(f"{file.parent / path} is there already. Say another name: --name NAME, or move it.")
    with TemporaryDirectory(prefix="fanin-add-") as made:
        folder = Path(made)
        for each in files_of(file) if file.is_file() else ():
            target = folder / each.resolve().relative_to(file.parent.resolve())
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each, target)
        _write(folder / file.name, added)
        try:
            return load(folder / file.name, {})
        except ConfigError as error:
            first = error.findings[0]
            where = ".".join(map(str, first.key))
            at = f" at {where}" if where else ""
            raise Problem(f"the file could not be served with it: {first.message}{at}. {first.fix}.") from error


def write(file: Path, added: Addition) -> None:
    """Append to a file, and write the schemas beside it; nothing that is there is changed.

    Raises:
        Problem: it cannot be written.
    """
    try:
        _write(file, added)
    except OSError as error:
        raise Problem(f"{error.filename or file} cannot be written: {error.strerror}.") from error


def _write(file: Path, added: Addition) -> None:
    for path, content in added.schemas.items():
        (file.parent / path).parent.mkdir(exist_ok=True)
        with (file.parent / path).open("xb") as schema:
            schema.write(content)
    there = file.read_bytes() if file.exists() else b""
    text = there.decode() if there else NEW_FILE
    ends = "\r\n" if "\r\n" in text else "\n"
    whole = text + f"{'' if text.endswith('\n') else '\n'}{added.text}".replace("\n", ends)
    if added.variables and (below := _below_variables(text)) is not None:
        lines = "".join(f"{name} = {toml.value(url)}{ends}" for name, url in added.variables.items())
        whole = whole[:below] + lines + whole[below:]
    content = whole.encode()
    if content.startswith(there):
        with file.open("ab") as opened:
            opened.write(content[len(there) :])
    else:
        _replace(file.resolve(), content)


def _replace(file: Path, content: bytes) -> None:
    """Write a file anew, so that it is the old one until it is wholly the new one."""
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}-", delete=False) as temporary:
        temporary.write(content)
    try:
        shutil.copymode(file, temporary.name)
        os.replace(temporary.name, file)  # noqa: PTH105 - the name of a temporary file is a text
    except OSError:
        Path(temporary.name).unlink(missing_ok=True)
        raise
