"""Servers tell an OpenTelemetry collector of each request: FastAPI and Django under Uvicorn, Django under Gunicorn."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest

from fanin.local.upstream.process import Upstream
from tests.collector import Collector, serving
from tests.contract.ask import Question, over_http
from tests.servers.servers import environment, gunicorn, uvicorn

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WITHIN = 30.0
"""Seconds that spans may be under way: they are sent by a thread."""

type Start = Callable[[Mapping[str, str]], AbstractContextManager[str]]
SERVERS: Mapping[str, tuple[Start, Sequence[str]]] = {
    "fastapi": (lambda environment: uvicorn("gateway", "app:app", environment), ("", "/threads")),
    "django": (
        lambda environment: uvicorn("django", "asgi:application", environment),
        ("/django", "/django/async"),
    ),
    "wsgi": (
        lambda environment: gunicorn("django", "wsgi", environment, "--threads", "2"),
        ("/django", "/django/async"),
    ),
}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with serving() as made:
        yield made


@pytest.mark.parametrize("server", SERVERS)
def test_a_request_its_sources_and_a_refusal_are_told(server: str, collector: Collector, upstream: Upstream) -> None:
    upstream.reset()
    start, prefixes = SERVERS[server]
    collector.taken.clear()
    telling = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    with start({**environment(upstream), **telling}) as url:
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        for prefix in prefixes:
            assert over_http(url, prefix)(Question("/air/Lisbon", headers=headers)).status == 200
            assert over_http(url, prefix)(Question("/nowhere")).status == 404
        wait_until(lambda: len(roots(collector)) == 2 * len(prefixes))
        found, refused = ([root for root in roots(collector) if _status(root) == status] for status in (200, 404))
        assert len(found) == len(refused) == len(prefixes)
        for root in found:
            assert (root.trace_id.hex(), root.parent_span_id.hex()) == (TRACE, PARENT)
            assert root.name == "GET /air/{city}"
        # What is below a request may be sent by itself.
        wait_until(lambda: all({"geo", "air"} <= below(collector, root) for root in found))
    if server == "django":
        return  # it has no part in a server's end, so what was not sent yet is lost
    points = collector.metrics["http.server.request.duration"].histogram.data_points
    assert sum(point.count for point in points) == 2 * len(prefixes)


def roots(collector: Collector) -> list[Any]:
    """Give the spans of requests."""
    return [span for span in collector.spans if span.name.startswith("GET")]


def below(collector: Collector, root: Any) -> set[str]:
    """Give the names of the spans right below a request's."""
    return {span.name for span in collector.spans if span.parent_span_id == root.span_id}


def _status(root: Any) -> int:
    (status,) = (each.value.int_value for each in root.attributes if each.key == "http.response.status_code")
    return int(status)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what a server's thread is about to do."""
    until = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
