"""The text that `fanin add` is given: from a file, the standard input, or a URL by fanin's own client."""

import base64
import sys
from pathlib import Path

from fanin.cli.asking import Means, Model, ask
from fanin.cli.options import environment
from fanin.config import parse
from fanin.config.finding import ConfigError
from fanin.engine.catalogue import ClientRequest
from fanin.errors import AddressRefused
from fanin.local.process.console import Problem
from fanin.sources.address import AddressGuard

MOST_BYTES = 20_000_000
"""Bytes of a document: GitHub's own has 13,000,000."""
_SECONDS = 20
"""For a document to come from a URL, redirects included."""
_REDIRECTS = 3
_STANDARD_INPUT = "-"


def is_url(where: str) -> bool:
    """Whether a text is an http or https URL."""
    return where.lower().startswith(("http://", "https://"))


def content_of(where: str, guard: AddressGuard) -> bytes:
    """Read a document.

    Args:
        where: a file's path, a URL, or `-` for the standard input.
        guard: the check of each address that a URL leads to.

    Raises:
        Problem: it cannot be read, or is over `MOST_BYTES`.
    """
    if is_url(where):
        return _fetched(where, guard)
    try:
        if where == _STANDARD_INPUT:
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(where).open("rb") as file:
                content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Problem(f"{where!r} cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise Problem(f"{where!r} is over {MOST_BYTES // 1_000_000} MB. Cut the operations that you want out of it.")
    return content


def _fetched(url: str, guard: AddressGuard) -> bytes:
    """Ask for a URL as fanin asks any source: with its bounds, over its checks of addresses."""
    text = f"""\
fanin = 1
[sources.document]
url = {_quoted(url)}
format = "bytes"
headers = {{ Accept = "application/json, application/yaml, text/yaml, */*" }}
max_bytes = "{MOST_BYTES // 1_000_000}MB"
redirects = {_REDIRECTS}
timeout = "{_SECONDS}s"
private = true
[endpoints.document]
path = "/document"
sources = ["document"]
timeout = "{_SECONDS}s"
"""
    try:
        config = parse(text, {}, file=url)
        means = Means.of(config, guard, environment())
        asked = ask(config, "document", ClientRequest({}), Model.ASYNC, means)
    except ConfigError as error:
        raise Problem(f"{url!r} cannot be asked for: {error.findings[0].message}.") from error
    except ModuleNotFoundError as error:
        raise Problem(f"a URL needs {error.name}. Install fanin[gateway], or name a file.") from error
    failure = asked.result.failures.get("document")
    if failure:
        more = " If that address is meant, allow it: --allow CIDR:PORT." if isinstance(failure, AddressRefused) else ""
        raise Problem(f"{url} gave no document: {failure.detail}.{more}")
    value = asked.result.outcomes["document"].value
    return base64.b64decode(value) if isinstance(value, str) else b""


def _quoted(url: str) -> str:
    if any(not "!" <= character <= "~" or character in '"\\' for character in url):
        raise Problem(f"{url!r} has characters that a URL does not have. Percent-encode them.")
    return '"' + url.replace("{", "%7B").replace("}", "%7D") + '"'
