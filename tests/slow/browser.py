"""A headless Chromium, driven as a person would: typed keys and clicks, by its DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

SIZE = (1280, 900)
"""Pixels of the window."""
_WITHIN = 60.0
"""Seconds that a step may take."""
_KEYS = {"Tab": 9, "Enter": 13, "Space": 32, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39, "ArrowDown": 40}
"""Windows' numbers of the keys."""
_OPTIONS = (
    "--headless",
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--hide-scrollbars",  # pictures have none
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--remote-debugging-address=127.0.0.1",
)


@contextmanager
def page() -> Iterator["Page"]:
    """Start a browser with nothing of anybody's in it, and open a page; without a browser the test is skipped.

    It is FANIN_BROWSER, or what Debian and others call it.
    """
    browser = os.environ.get("FANIN_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
    if not browser:
        pytest.skip("no browser: install Debian's package chromium, or name one with FANIN_BROWSER")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [browser, *_OPTIONS, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.DEVNULL
        )
        try:
            port = _port(Path(profile, "DevToolsActivePort"), process)
            new = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
            with urllib.request.urlopen(new, timeout=_WITHIN) as opened:
                address = json.load(opened)["webSocketDebuggerUrl"]
            with connect(address, max_size=None, open_timeout=_WITHIN, ping_interval=None) as connection:
                yield Page(connection)
        finally:
            process.terminate()
            process.wait(_WITHIN)


class Page:
    """An open page.

    Args:
        connection: to its DevTools.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = count(1)
        self._loaded = ""
        self.asked: list[str] = []
        """The addresses that the page has asked for, its own first."""
        self._do("Page.enable")
        self._do("Page.setLifecycleEventsEnabled", enabled=True)
        self._do("Network.enable")
        self.look(*SIZE)

    def look(self, width: int, height: int, *, dark: bool = False) -> None:
        """Have a window of that many pixels, and light or dark colours."""
        self._do("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._do("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url: str) -> None:
        """Go to an address, and wait until it has loaded."""
        loader = self._do("Page.navigate", url=url)["loaderId"]
        self._await_load(lambda loaded: loaded == loader)  # an older page may only now be known to have loaded

    def type(self, selector: str, text: str) -> None:
        """Click into an element, and type."""
        self._press(self._center(f"document.querySelector({json.dumps(selector)})"))
        self._do("Input.insertText", text=text)

    def insert(self, text: str) -> None:
        """Type, wherever the focus is."""
        self._do("Input.insertText", text=text)

    def click(self, selector: str, text: str = "") -> None:
        """Click the first element that has a text, and wait until what it leads to has loaded."""
        before = self._loaded
        self.press(selector, text)
        self._await_load(lambda loaded: loaded != before)

    def press(self, selector: str, text: str = "") -> None:
        """Click the first element that has a text."""
        found = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".find(each => each.textContent.trim() === {json.dumps(text)} || !{json.dumps(text)})"
        )
        self._press(self._center(found))

    def press_while(self, selector: str, something: Callable[[], object]) -> None:
        """Click an element while something happens: behind the press and before the release."""
        self._press(self._center(f"document.querySelector({json.dumps(selector)})"), something)

    def key(self, name: str, *, shift: bool = False) -> None:
        """Press a key, such as Tab or ArrowRight, wherever the focus is."""
        text = {"Enter": "\r", "Space": " "}.get(name, "")
        code, key = name, " " if name == "Space" else name
        common = {"key": key, "code": code, "windowsVirtualKeyCode": _KEYS[name], "modifiers": 8 if shift else 0}
        self._do("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self._do("Input.dispatchKeyEvent", type="keyUp", **common)

    def value(self, expression: str) -> Any:
        """Give what an expression of JavaScript comes to in the page; a promise is waited for."""
        return self._value(expression)

    def texts(self, selector: str) -> list[str]:
        """Read the elements' texts, as they are shown."""
        texts: list[str] = self._value(
            f"[...document.querySelectorAll({json.dumps(selector)})].map(each => each.innerText.trim())"
        )
        return texts

    def await_texts(self, selector: str, until: Callable[[list[str]], bool]) -> list[str]:
        """Read the elements' texts once they are what they should become."""
        ends = time.monotonic() + _WITHIN
        while not until(texts := self.texts(selector)):
            assert time.monotonic() < ends, texts
            time.sleep(0.05)
        return texts

    def screenshot(self) -> bytes:
        """Give what the window shows, as a PNG."""
        return base64.b64decode(self._do("Page.captureScreenshot", format="png")["data"])

    def whole(self) -> bytes:
        """Give all of the page, as a PNG, however long it is."""
        return base64.b64decode(self._do("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"])

    def _center(self, element: str) -> tuple[float, float]:
        x, y = self._value(
            f"(() => {{ const element = {element}; element.scrollIntoView({{block: 'center'}});"
            " const box = element.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2] })()"
        )
        return x, y

    def _press(self, at: tuple[float, float], meanwhile: Callable[[], object] = lambda: None) -> None:
        x, y = at
        common = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self._do("Input.dispatchMouseEvent", type="mousePressed", **common)
        meanwhile()
        self._do("Input.dispatchMouseEvent", type="mouseReleased", **common)

    def _value(self, expression: str) -> Any:
        result = self._do("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, (expression, result)
        return result["result"].get("value")

    def _do(self, method: str, **parameters: Any) -> Any:
        number = next(self._ids)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := self._next()).get("id") != number:
            pass
        assert "error" not in message, (method, message)
        return message["result"]

    def _await_load(self, until: Callable[[str], bool]) -> None:
        while not until(self._loaded):
            self._next()

    def _next(self) -> Any:
        message = json.loads(self._connection.recv(timeout=_WITHIN))
        match message:
            case {"method": "Page.lifecycleEvent", "params": {"name": "load", "loaderId": loader}}:
                self._loaded = loader
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
                self.asked.append(url)
        return message


def _port(announced: Path, process: subprocess.Popen[bytes]) -> int:
    ends = time.monotonic() + _WITHIN
    while True:
        lines = announced.read_text().splitlines() if announced.exists() else []
        if lines:
            return int(lines[0])
        assert process.poll() is None, "the browser has ended"
        assert time.monotonic() < ends, "the browser does not start"
        time.sleep(0.05)
