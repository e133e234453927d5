"""HTTP servers on loopback that answer what a script says, and write down what they are asked."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self

from fanin.config.values import Json
from fanin.local.upstream.script import Broken, Given, Gives, Play, Script, content_of

_BODILESS = (204, 304)
_LOOPBACK = "127.0.0.1"


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

    @property
    def content(self) -> Json:
        """What the body holds: JSON, the fields of a form as texts, or null."""
        return content_of(self.body, self.headers.get("content-type", ""))


class _Server(ThreadingHTTPServer):
    """A server that many connect to at once."""

    daemon_threads = True  # one may be in a delay when all ends
    request_queue_size = 128  # a connect beyond it is dropped, and is tried again after a second


class ScriptedUpstreams:
    """Upstreams, each on a port of its own.

    Args:
        names: what they are called, which is the variable of fanin.toml that leads to each. A script may leave the
            first one's name out.
        wait: lets an answer's delay go by.
        host: what callers call this machine; its loopback address, on which alone it then listens, without it.
        first_port: the first upstream's port, which the others' follow; any that is free, without it.
        unanswered: hears of each request that the script has no answer for: the upstream's name, and the line.
    """

    def __init__(
        self,
        names: Sequence[str],
        wait: Callable[[float], None] = time.sleep,
        *,
        host: str = _LOOPBACK,
        first_port: int = 0,
        unanswered: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self._host, self._first_port = host, first_port
        self._names = names
        self._wait = wait
        self._unanswered = unanswered
        self._lock = Lock()
        self._play = Play({})
        self._servers: dict[str, _Server] = {}
        self.asked: list[Asked] = []
        """The requests since the last `play`, in the order in which they came."""
        self.unexpected: list[str] = []
        """Those of them that the script has no answer for."""

    @property
    def variables(self) -> dict[str, str]:
        """The environment by which a file's variables lead here."""
        return {f"FANIN_VAR_{name.upper()}": self.base_url(name) for name in self._names}

    def base_url(self, name: str) -> str:
        """Give the origin of an upstream."""
        return f"http://{self._host}:{self._servers[name].server_address[1]}"

    def play(self, script: Script) -> None:
        """Answer by another script, and forget what was asked."""
        with self._lock:
            self._play = Play(script)
            self.asked, self.unexpected = [], []

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Serve, on loopback unless another host was named."""
        threads = []
        address = _LOOPBACK if self._host == _LOOPBACK else ""
        for place, name in enumerate(self._names):
            port = self._first_port + place if self._first_port else 0
            server = self._servers[name] = _Server((address, port), self._handler(name))
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

    def _take(self, asked: Asked, name: str) -> Given:
        """Write a request down, and give the script's answer."""
        with self._lock:
            self.asked.append(asked)
            given = self._play.take(asked.line, asked.content, self.base_url(name))
            if given is None:
                self.unexpected.append(asked.line)
        if given is None:
            self._unanswered(name, asked.line.removeprefix(f"{name} "))
            return Gives({"unexpected": asked.line}, 500)
        return given

    def _handler(self, name: str) -> type[BaseHTTPRequestHandler]:
        upstreams, prefix = self, "" if name == self._names[0] else f"{name} "

        class Handler(BaseHTTPRequestHandler):
            """Answers one request, and closes the connection: none outlives the servers."""

            protocol_version = "HTTP/1.1"

            def __getattr__(self, attribute: str) -> Any:
                """Take any method."""
                if attribute.startswith("do_"):
                    return self._answer
                raise AttributeError(attribute)

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {header.lower(): value for header, value in self.headers.items()}
                given = upstreams._take(Asked(f"{prefix}{self.command} {self.path}", headers, body), name)
                self.close_connection = True
                if given.delay:
                    upstreams._wait(given.delay)
                if isinstance(given, Broken):
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                content = given.body if isinstance(given.body, bytes) else json.dumps(given.body).encode()
                self.send_response(given.status)
                for header, value in {"Content-Type": "application/json", **given.headers}.items():
                    self.send_header(header, str(value))
                self.send_header("Connection", "close")
                if given.status not in _BODILESS:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD" and given.status not in _BODILESS:
                    with suppress(ConnectionError):  # who asked may have gone, as the loser of a hedge has
                        self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
