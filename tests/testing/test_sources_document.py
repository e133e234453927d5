"""docs/sources.md at work: its commands give the output that it shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

from fanin.config import parse
from fanin.local.layout import ROOT
from fanin.local.upstream.app import variables
from fanin.local.upstream.process import Upstream

DOCUMENT = (ROOT / "docs/sources.md").read_text(encoding="utf-8")
BEFORE, AFTER, KEY, CERTIFICATES = re.findall(r"^```toml\n(.*?)^```", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^```console\n\$ (fanin .*?)\n(.*?)^```", DOCUMENT, flags=re.MULTILINE | re.DOTALL)

EDITS: tuple[dict[str, str], ...] = (
    {},
    {"require =": "required ="},
    {"\n[endpoints": 'timeout = "1500ms"\n\n[endpoints', '["weather"]\n': '["weather"]\ntimeout = "3s"\n'},
    {"geo.latitude": "geo.lat"},
    {},
)
"""What the reader is told to change before each command."""


def test_the_walk_is_as_it_is_told(tmp_path: Path, upstream: Upstream) -> None:
    """Each command shows what the document says, and what is in the file in the end is what it says, too."""
    upstream.reset()
    file, tables = tmp_path / "fanin.toml", BEFORE
    environment = os.environ | variables(upstream.base_url) | {"FANIN_ALLOW": "127.0.0.0/8:*", "COLUMNS": "120"}
    for (command, shown), edits in zip(COMMANDS, EDITS, strict=True):
        for old, new in edits.items():
            tables = tables.replace(old, new)
        file.write_text(f"{(ROOT / 'fanin.toml').read_text()}\n{tables}")
        ran = subprocess.run(
            [sys.executable, "-m", "fanin.cli", *command.split()[1:]],
            check=False,
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert _comparable(ran.stdout) == _comparable(shown), command
    assert tables == AFTER


def test_the_example_with_a_key_is_served() -> None:
    """It is a fanin.toml but for its first line."""
    source = parse(f"fanin = 1\n{KEY}", {}).sources["search"]
    assert source.secrets == {"shop_key"}


def test_the_example_with_own_certificates_is_served() -> None:
    """Likewise, with the secrets that the page exports."""
    source = parse(f"fanin = 1\n{CERTIFICATES}", {}).sources["entries"]
    exported = re.findall(r"FANIN_SECRET_(\w+)=", DOCUMENT)
    assert source.secrets == {name.lower() for name in exported}
    assert source.private


def _comparable(output: str) -> list[str]:
    """Give the lines of an output up to the drawing of a call, without ports and what they align."""
    told = re.split(r"^\d{3} (?:complete|partial|failed) in ", output, maxsplit=1, flags=re.MULTILINE)[0]
    told = re.sub(r"(?<=127\.0\.0\.1:)\d+", "", told)
    return [" ".join(line.split()) for line in told.rstrip().splitlines()]
