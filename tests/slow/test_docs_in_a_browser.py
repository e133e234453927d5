"""The page in a headless browser: what is filled in is sent, and shown as curl would send it."""

from typing import Any

from fanin.compose.gateway import gateway_over
from fanin.engine.call import Call, Response, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from tests.slow import browser
from tests.unit.scenario import config_of
from tests.websocket.server import serving

_GREETING = """
[sources.greeting]
url = "https://greeting.example/{name}"
forward = ["Accept-Language"]
[endpoints.greeting]
path = "/greeting/{name}"
sources = ["greeting"]
"""


def test_a_request_goes_out_as_it_was_filled_in() -> None:
    calls: list[Call] = []

    async def fetch(call: Call) -> Outcome[Any]:
        calls.append(call)
        return Outcome(Response(200, {"content-type": "application/json"}, '{"said": "olá"}'.encode()))

    config, runtime = config_of(_GREETING), Runtime()
    app = gateway_over(Catalogue(config), pipelines_of(config.sources, {"greeting": fetch}, Shared(runtime)))
    with serving(app) as at, browser.page() as page:
        page.open(f"http://{at}/docs")
        form = 'form[aria-label="Try /greeting/{name}"]'
        page.await_texts(form, bool)
        page.type(f"{form} input[name=name]", "Inês")
        page.type(f"{form} input[name=Accept-Language]", "pt")
        page.press(f"{form} button")
        assert '"said": "olá"' in page.await_texts("pre[aria-label=Body]", bool)[0]
        (curl,) = page.texts('pre[aria-label="The same with curl"]')
    assert curl == f"curl -i -H 'Accept-Language: pt' 'http://{at}/greeting/In%C3%AAs'"
    (call,) = calls
    assert call.forwarded == (("Accept-Language", "pt"),)
    assert call.request.url == "https://greeting.example/In%C3%AAs"
