"""An OpenTelemetry collector, which reads what it is sent by OpenTelemetry's own definitions of OTLP."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """Takes what is sent to it, or does not."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.status = 200
        self.url = ""

    @property
    def spans(self) -> list[Any]:
        requests = [ExportTraceServiceRequest.FromString(body) for path, body in self.taken if path == "/v1/traces"]
        return [s for r in requests for of in r.resource_spans for scope in of.scope_spans for s in scope.spans]

    @property
    def metrics(self) -> dict[str, Any]:
        requests = [ExportMetricsServiceRequest.FromString(body) for path, body in self.taken if path == "/v1/metrics"]
        return {m.name: m for r in requests for of in r.resource_metrics for s in of.scope_metrics for m in s.metrics}


@contextmanager
def serving() -> Iterator[Collector]:
    """Run one on loopback."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            collector.taken.append((self.path, body))
            self.send_response(collector.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
