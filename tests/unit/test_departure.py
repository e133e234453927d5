"""fanin.entrypoints.fastapi.departure: a client that goes away while its request changes something."""

import asyncio
from typing import Any

import pytest

from fanin.engine.call import Call, Response, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from tests.unit.scenario import config_of

CONFIG = config_of("""
[sources.reserve]
url = "https://shop.example/reservations"
method = "POST"
[sources.charge]
url = "https://bank.example/charges"
method = "POST"
body = { reservation = "{reserve.id}" }
[sources.release]
url = "https://shop.example/reservations/{reserve.id}"
method = "DELETE"
when = "errors.charge"
[endpoints.order]
method = "POST"
path = "/orders"
sources = ["charge", "release"]
""")


async def _order(*, stays: bool) -> list[str]:
    """Order; the client goes, or not, while the first write is under way. Give the writes that were begun."""
    asked: list[str] = []
    heard, may_end = asyncio.Event(), asyncio.Event()

    async def fetch(call: Call) -> Outcome[Any]:
        call.traced()
        asked.append(call.source.name)
        if call.source.name == "reserve":
            heard.set()
            await may_end.wait()
        return Outcome(Response(200, {}, b'{"id": 1}'))

    pipelines = pipelines_of(CONFIG.sources, dict.fromkeys(CONFIG.sources, fetch), Shared(Runtime()))
    app = gateway_app(Catalogue(CONFIG), pipelines)
    sent: list[Any] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if sent:
            return sent.pop()
        await (asyncio.Event() if stays else heard).wait()
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        """Take what nobody hears."""

    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/orders", "raw_path": b"/orders"}
    scope |= {"query_string": b"", "headers": [], "http_version": "1.1", "scheme": "https", "root_path": ""}
    answering = asyncio.create_task(app(scope, receive, send))
    await asyncio.wait_for(heard.wait(), 5.0)
    for _ in range(3):
        await asyncio.sleep(0)
    may_end.set()
    await answering
    return asked


@pytest.mark.parametrize(("stays", "begun"), [(True, ["reserve", "charge"]), (False, ["reserve", "release"])])
def test_once_the_client_has_gone_no_write_begins_but_what_makes_good(stays: bool, begun: list[str]) -> None:  # noqa: FBT001 - a case
    assert asyncio.run(_order(stays=stays)) == begun
