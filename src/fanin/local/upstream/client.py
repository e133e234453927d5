"""How to talk to a running demo upstream: its control path, and its answers as they are."""

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_PATIENCE = 10
"""Seconds that any one exchange may take."""


@dataclass(frozen=True)
class Answer:
    """A response, read to its end; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class UpstreamClient:
    """The ways to talk to a demo upstream.

    Args:
        base_url: where it listens.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        parts = urlsplit(base_url)
        assert parts.hostname
        assert parts.port
        self.host, self.port = parts.hostname, parts.port

    def rules(self, rules: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the rules.

        Args:
            rules: each under an API's prefix, or "*"; what a rule may have is in src/fanin/local/upstream/control.py.

        Raises:
            ValueError: a rule is not understood.
        """
        answer = self.ask("/_control", "PUT", json.dumps(rules).encode())
        if answer.status != 200:
            raise ValueError(answer.body.decode())

    def reset(self) -> None:
        """Remove all rules, and set the counts to zero."""
        self.ask("/_control", "DELETE")

    def calls(self) -> dict[str, int]:
        """Give how many requests each API has had since the last reset."""
        calls: dict[str, int] = self.get("/_control/calls")
        return calls

    def at_once(self) -> int:
        """Give how many requests were served at the same time, at most, since the last reset."""
        most: int = self.get("/_control/load")["at_once"]
        return most

    def connections(self) -> int:
        """Give on how many connections requests came since the last reset."""
        connections: int = self.get("/_control/load")["connections"]
        return connections

    def get(self, path: str) -> Any:
        """Read JSON from a path that answers with 200."""
        answer = self.ask(path)
        assert answer.status == 200, answer
        return answer.json

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> Answer:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=_PATIENCE)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()

    def send(self, path: str) -> socket.socket:
        """Send a request on a bare connection, and leave the reading to the caller."""
        connection = socket.create_connection((self.host, self.port), timeout=_PATIENCE)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode())
        return connection
