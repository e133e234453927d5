"""HTTPS servers on loopback that want to see a certificate, and those who vouch for both sides."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self

import trustme

HOST = "127.0.0.1"


class Identity:
    """A client's certificate and its key, in PEM.

    Args:
        authority: who issues it.
        name: whom it is for.
    """

    def __init__(self, authority: trustme.CA, name: str) -> None:
        issued = authority.issue_cert(f"{name}.example", common_name=name)
        self.cert = b"".join(blob.bytes() for blob in issued.cert_chain_pems).decode()
        self.key = issued.private_key_pem.bytes().decode()


class SecuredServer(ThreadingHTTPServer):
    """Says in each answer whose certificate it was shown. It refuses who shows none, unless the path is /open.

    At /token it gives a token, which is the name of whom it was shown.

    Args:
        authority: who issues its certificate, and those that it takes.
        leads_to: where /away redirects to.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, authority: trustme.CA, leads_to: str = "") -> None:
        super().__init__((HOST, 0), _Answering)
        self.leads_to = leads_to
        self.refused = ""
        """Whose certificate is answered with 401."""
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.verify_mode = ssl.CERT_OPTIONAL
        authority.configure_trust(self._context)
        authority.issue_cert(HOST).configure_cert(self._context)
        self._lock = Lock()
        self.asked: list[tuple[str, str]] = []
        """Of each request the path, and whose certificate was shown; empty for none."""

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.server_port}"

    def note(self, path: str, shown: str) -> None:
        with self._lock:
            self.asked.append((path, shown))

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the thread of the connection; what fails there is what some tests are for."""
        try:
            secured = self._context.wrap_socket(request, server_side=True)
        except OSError:
            return
        with secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away."""

    @contextmanager
    def serving(self) -> Iterator[Self]:
        thread = Thread(target=self.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            self.server_close()
            thread.join()


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits 40 ms for the acknowledgement of its head
    server: SecuredServer
    connection: ssl.SSLSocket

    def do_GET(self) -> None:
        shown = _name(self.connection.getpeercert())
        self.server.note(self.path, shown)
        bearer = (self.headers["Authorization"] or "").removeprefix("Bearer ")
        status, headers = 200, {}
        if self.path == "/away":
            status, headers = 302, {"Location": f"{self.server.leads_to}/open"}
        elif self.path != "/open" and shown in {"", self.server.refused}:
            status = 401
        self._answer(status, {"shown": shown, **({"token": bearer} if bearer else {})}, headers)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        shown = _name(self.connection.getpeercert())
        self.server.note(self.path, shown)
        self._answer(200, {"access_token": f"of-{shown}", "token_type": "Bearer", "expires_in": 3600}, {})

    def _answer(self, status: int, told: object, headers: dict[str, str]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _name(certificate: Any) -> str:
    """Give the common name of a client's certificate; empty without one."""
    subject = (certificate or {}).get("subject", ())
    return next((value for part in subject for key, value in part if key == "commonName"), "")
