"""HTTP servers on loopback that answer what a script says, and write down what they are asked."""

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

HOSTS = ("api", "other")
"""The upstreams, by the variables that files have for them: `{$api}` and `{$other}`."""


@dataclass(frozen=True)
class Gives:
    """What an upstream answers.

    Args:
        body: JSON; bytes are sent as they are.
        status: the HTTP status.
        headers: headers to send beside Content-Type, which `application/json` is unless it is among them.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Broken:
    """In place of an answer: the connection is closed without one."""


type Given = Gives | Broken
type Script = Mapping[str, Given | Sequence[Given]]
"""What is answered to "GET /users/1", or to "other GET /users/1" at another upstream than `api`.

Path and query come first, then the path without its query. Of several answers each is for one request, in turn, and
the last for all that follow.
"""


@dataclass(frozen=True)
class Asked:
    """A request that an upstream got.

    Args:
        line: as a script names it, with the query.
        headers: names in lower case.
        body: the body.
    """

    line: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Upstreams:
    """The upstreams of one module's cases."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._script: dict[str, list[Given]] = {}
        self._servers: dict[str, ThreadingHTTPServer] = {}
        self.asked: list[Asked] = []
        """The requests since the last `play`, in the order in which they came."""
        self.unexpected: list[str] = []
        """Those of them that the script has no answer for."""

    @property
    def variables(self) -> dict[str, str]:
        """The environment by which a file's variables lead here."""
        return {f"FANIN_VAR_{name.upper()}": self.base_url(name) for name in HOSTS}

    def base_url(self, name: str) -> str:
        """Give the origin of an upstream."""
        return f"http://127.0.0.1:{self._servers[name].server_address[1]}"

    def play(self, script: Script) -> None:
        """Answer by another script, and forget what was asked."""
        with self._lock:
            self._script = {
                line: list(given) if isinstance(given, Sequence) else [given] for line, given in script.items()
            }
            self.asked, self.unexpected = [], []

    @contextmanager
    def running(self) -> Iterator["Upstreams"]:
        """Serve, each upstream on a port of its own."""
        threads = []
        for name in HOSTS:
            server = self._servers[name] = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(name))
            threads.append(Thread(target=server.serve_forever, args=(0.01,), name=name))
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            for server in self._servers.values():
                server.shutdown()
                server.server_close()
            for thread in threads:
                thread.join()

    def _take(self, asked: Asked) -> Given:
        """Write a request down, and give the script's answer."""
        with self._lock:
            self.asked.append(asked)
            for line in (asked.line, asked.line.partition("?")[0]):
                if given := self._script.get(line):
                    return given.pop(0) if len(given) > 1 else given[0]
            self.unexpected.append(asked.line)
            return Gives({"unexpected": asked.line}, 500)

    def _handler(self, name: str) -> type[BaseHTTPRequestHandler]:
        upstreams, prefix = self, "" if name == HOSTS[0] else f"{name} "

        class Handler(BaseHTTPRequestHandler):
            """Answers one request, and closes the connection: none outlives a module."""

            protocol_version = "HTTP/1.1"

            def __getattr__(self, attribute: str) -> Any:
                """Take any method."""
                if attribute.startswith("do_"):
                    return self._answer
                raise AttributeError(attribute)

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                given = upstreams._take(Asked(f"{prefix}{self.command} {self.path}", headers, body))
                self.close_connection = True
                if isinstance(given, Broken):
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                content = given.body if isinstance(given.body, bytes) else json.dumps(given.body).encode()
                self.send_response(given.status)
                for header, value in {"Content-Type": "application/json", **given.headers}.items():
                    self.send_header(header, value)
                self.send_header("Connection", "close")
                if given.status not in (204, 304):
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD" and given.status not in (204, 304):
                    self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
