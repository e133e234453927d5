"""A server that answers every request alike, and counts them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Answers, after some seconds."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, status: int, body: bytes, after: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = (status, body)
        self.after = after
        self.asked = self.answered = 0
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        self.server.ended.wait(self.server.after)
        self.server.answered += 1
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    do_PUT = do_POST  # noqa: N815 - as the server calls it

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(status: int, body: bytes, after: float = 0.0) -> Iterator[Server]:
    with Server(status, body, after) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()
