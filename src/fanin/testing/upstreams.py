"""APIs that answer in a test as an upstream.toml says, as they do under `make run` and `make serve`."""

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_plus

from fanin.engine.call import Call, Request, Response
from fanin.engine.outcome import Outcome
from fanin.local.upstream import script_file
from fanin.local.upstream.script import Broken, Play, content_of, led_to
from fanin.sources.http.failures import CannotConnect, ClosedUnanswered, unreachable
from fanin.testing.scripts import gives

_SEALED = re.compile(r"\{![a-z][a-z0-9_]{0,99}\}")
"""A secret's place in the query of a call that has not been authenticated."""


class Upstreams:
    """The script of every source whose API a file stands in for.

    Args:
        file: an upstream.toml.
        variables: those of fanin.toml; the tables of the file name those that lead to the APIs.

    Raises:
        Problem: the file cannot be read, or says what it cannot.
    """

    def __init__(self, file: Path, variables: Mapping[str, str]) -> None:
        said = script_file.read(file)
        self._first = said.names[0]
        self._secrets = frozenset(said.secrets.values())
        self._play = Play({self._without_secrets(line): given for line, given in said.script.items()})
        self._bases = {name: variables[name].rstrip("/") for name in said.names if name in variables}
        self.unexpected: list[str] = []
        """What was asked and has no answer there, with the source that asked."""

    async def __call__(self, call: Call) -> Outcome[Response]:
        """Answer a call.

        Raises:
            SourceUnavailable: the file says that the connection breaks, or nothing.
        """
        name, line = self._line(call.request)
        named = line if name == self._first else f"{name} {line}"
        sent = {header.lower(): value for header, value in call.request.headers}
        held = content_of(call.request.body or b"", sent.get("content-type", ""))
        given = self._play.take(named, held, self._bases.get(name, ""))
        if given is None:
            self.unexpected.append(f"{call.source.name} asked {call.request.method} {call.request.url}")
        if given is None or isinstance(given, Broken):
            await asyncio.sleep(given.delay if given else 0.0)
            raise unreachable(call.source.name, ClosedUnanswered() if given else CannotConnect())
        content = given.body if isinstance(given.body, bytes) else json.dumps(given.body).encode()
        told = {"Content-Type": "application/json", **{each: str(value) for each, value in given.headers.items()}}
        return await gives(content, status=given.status, headers=told, after=given.delay)(call)

    def _line(self, asked: Request) -> tuple[str, str]:
        """Give the upstream that a request is for, empty for none, and the request as the file has it."""
        name, target = led_to(asked.url, self._bases) or ("", asked.url)
        return name, self._without_secrets(f"{asked.method} {target}")

    def _without_secrets(self, line: str) -> str:
        """Leave the pairs of a query out that hold secrets: calls in tests have none."""
        path, _, query = line.partition("?")
        values = {pair: unquote_plus(pair.partition("=")[2]) for pair in query.split("&")}
        kept = [pair for pair, value in values.items() if value not in self._secrets and not _SEALED.fullmatch(value)]
        return f"{path}?{'&'.join(kept)}" if any(kept) else path
