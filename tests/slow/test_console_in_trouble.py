"""The console when something goes wrong around it: connections that break, sources that hang, files that change."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from fanin.local.process import ports
from fanin.local.upstream.script import Gives
from tests.console import scene
from tests.slow import browser
from tests.slow.browser import Page
from tests.slow.console_page import VERDICT, ran, settled, view


class Wire:
    """A connection to a server that can be cut.

    Args:
        to: the server's address.
    """

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._open: list[socket.socket] = []
        self._listening = ports.take(0)
        self._listening.listen()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.is_cut = False
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def cut(self) -> None:
        """End all connections as a network does that goes away, and take no others for now."""
        self.is_cut = True
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cut()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # ends the thread that waits for a connection
        for thread in self._threads:
            thread.join()
        for each in (self._listening, *self._open):
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self.is_cut:
                    client.close()
                    continue
                server = socket.create_connection(self._to)
                self._open += [client, server]
                for one, other in ((client, server), (server, client)):
                    self._start(partial(_hand_on, one, other))

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()


def _hand_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
    for each in (one, other):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def wired(url: str) -> Iterator[Wire]:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    wire = Wire((parts.hostname, parts.port))
    try:
        yield wire
    finally:
        wire.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    copy = tmp_path / "fanin.toml"
    copy.write_text(scene.CONFIGURATION.read_text())
    return copy


def opened(page: Page, url: str) -> None:
    page.open(f"{url}/")
    page.await_texts(VERDICT, bool)


def test_a_connection_that_breaks_in_a_run_is_told_and_the_next_run_works() -> None:
    """What has arrived stays; the views that are read again and again come back by themselves."""
    with scene.console() as (url, shop), wired(url) as wire, browser.page() as page:
        opened(page, wire.url)
        shop.play({**scene.SCRIPT, "GET /stock/harp": Gives({"count": 3, "place": "porto"}, delay=20)})
        page.press("#go")
        page.await_texts("#calls .row .state", lambda states: "answered" in states)
        wire.cut()
        page.await_texts(VERDICT, lambda texts: texts == ["The connection broke"])
        assert "answered" in page.texts("#calls .row .state")
        page.press("[role=tab]", "Recent")
        page.await_texts("#notice", lambda texts: texts[0].startswith("It cannot be read"))
        wire.is_cut = False
        page.await_texts("#notice", lambda texts: texts == [""])
        shop.play(scene.SCRIPT)
        assert ran(page).startswith("Partial")


@pytest.mark.parametrize("body", ['{"message": "Internal server error"}', "<h1>Bad gateway</h1>", ""])
def test_an_answer_of_what_stands_before_fanin_is_told_as_such(body: str) -> None:
    """API Gateway answers so if a function's answer is too large; nobody knows then which sources were called."""
    with scene.console() as (url, _), browser.page() as page:
        opened(page, url)
        page.value(f"window.fetch = async () => new Response({json.dumps(body)}, {{status: 502}}); 0")
        page.press("#go")
        page.await_texts(VERDICT, lambda texts: texts == ["The console got no answer: status 502"])
        assert not any("No source was called" in text for text in page.texts("#verdict p"))
        assert page.texts("#go:enabled")


def test_a_source_that_hangs_grows_and_is_then_told_to_have_timed_out() -> None:
    with scene.console() as (url, shop), browser.page() as page:
        opened(page, url)
        shop.play({**scene.SCRIPT, "GET /stock/harp": Gives({"count": 3}, delay=20)})
        page.press("#go")
        states = (
            "Object.fromEntries([...document.querySelectorAll('#calls button.row')].map(row => "
            "[row.querySelector('.name').textContent, row.querySelector('.state').textContent]))"
        )
        page.await_texts("#calls .row .state", lambda texts: "under way" in texts)
        page.await_texts(VERDICT, settled)
        assert page.value(f"{states}.stock") == "timeout"
        assert page.value(f"{states}.delivery") == "dependency failed"
        assert page.texts(VERDICT)[0].startswith("Partial")


def test_a_request_that_fails_as_a_whole_says_which_source_was_at_fault() -> None:
    with scene.console() as (url, shop), browser.page() as page:
        opened(page, url)
        shop.play({**scene.SCRIPT, "GET /products/{id}": scene.DOWN})
        assert ran(page).startswith("No answer: status 502")
        assert page.texts("#verdict p") == ["product: product answered with status 503"]
        page.press("[role=tab]", "Recent")
        (listed,) = page.await_texts("#recent-found summary:has(.soft)", bool)  # the one that is made by Run
        assert "502" in listed
        assert "partial" not in listed


_NOTHING = """
fanin = 1
[sources.one]
value = 1
[endpoints.nothing]
path = "/nothing"
pick = "one.of_its_parts"
sources = ["one"]
"""


def test_an_answer_of_nothing_of_which_no_source_is_at_fault_says_why(file: Path) -> None:
    file.write_text(_NOTHING)
    with scene.console(FANIN_CONFIG=str(file), FANIN_VARIABLES="") as (url, _), browser.page() as page:
        opened(page, url)
        assert ran(page).startswith("No answer: status 404")
        assert page.texts("#verdict p") == ["nothing has no such thing"]


def test_a_file_without_endpoints_has_the_views_that_need_none(file: Path) -> None:
    """Handlers written by hand may be all that is served."""
    file.write_text("fanin = 1\n[sources.one]\nvalue = 1\n[endpoints]\n")
    with scene.console(FANIN_CONFIG=str(file), FANIN_VARIABLES="") as (url, _), browser.page() as page:
        page.open(f"{url}/console#run")
        page.await_texts("#recent h2", lambda texts: texts == ["The last request"])
        assert page.texts("[role=tab]") == ["Recent", "Sources", "Configuration"]
        page.press("[role=tab]", "Configuration")
        page.await_texts("#configuration h2", lambda texts: texts == ["fanin.toml: 1 warning"])


def test_a_request_that_is_not_kept_any_more_is_said_to_be_so() -> None:
    with scene.console() as (url, _), browser.page() as page:
        opened(page, url)
        ran(page)
        page.press("[role=tab]", "Recent")
        page.await_texts("#recent-found summary:has(.soft)", bool)
        page.value("refresh().then(() => { clearTimeout(waiting) })")  # what is listed now is clicked
        with httpx.Client() as client:
            for number in range(100):
                client.get(f"{url}/elsewhere/{number}")
        page.value("document.querySelector('#recent-found summary:has(.soft)').click()")
        told = page.await_texts(
            "#recent-found [open] .waterfall p", lambda texts: bool(texts) and "Reading" not in texts[0]
        )
        assert told == ["What happened in it is not kept any more: it was not among the last 100 requests."]


def test_findings_come_and_go_as_the_file_is_saved(file: Path) -> None:
    with scene.console(FANIN_CONFIG=str(file)) as (url, _), browser.page() as page:
        opened(page, url)
        view(page, "Configuration")
        heading = page.await_texts("#configuration h2", bool)
        assert heading == ["fanin.toml: 1 warning"]
        right = file.read_text()
        file.write_text(right.replace("[sources.gift]", "[sources.gift]\ntiemout = '1s'"))
        errors = "#configuration .finding.error"
        page.await_texts(errors, lambda texts: len(texts) == 1 and "Fix: Write 'timeout'" in texts[0])
        line = "document.querySelector('#configuration .finding.error').previousSibling.textContent"
        assert page.value(line) == "tiemout = '1s'"
        file.write_text(right)
        page.await_texts("#configuration h2", lambda texts: texts == heading)
