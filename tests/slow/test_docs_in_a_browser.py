"""The page in a headless browser: what is filled in is sent, and shown as curl would send it."""

from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from fanin.config import Endpoint
from fanin.engine.call import Call, Response, Runtime
from fanin.engine.caller import Caller
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.front_door import FrontDoor
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Outcome
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from fanin.sources.kinds import fetches_of
from fanin.sources.reach import Reach
from fanin.sources.tls import tls_context
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
    app = gateway_app(Catalogue(config), pipelines_of(config.sources, {"greeting": fetch}, Shared(runtime)))
    with serving(app) as at, browser.page() as page:
        page.open(f"http://{at}/docs")
        form = 'form[aria-label="Try /greeting/{name}"]'
        page.await_texts(form, bool)
        page.type(f"{form} input[name=name]", "Inês")
        page.type(f"{form} input[name=Accept-Language]", "pt")
        page.press(f"{form} button")
        assert '"said": "olá"' in page.await_texts("pre[aria-label=Body]", bool)[0]
        page.await_texts(f"{form} button:enabled", bool)
        assert page.value("document.activeElement.textContent") == "Send"
        # A screen reader reads out what became of it, and not the whole body.
        assert page.texts("article [role=status]")[0].startswith("200 OK, complete in ")
        assert page.value("!document.querySelector('pre[aria-label=Body]').closest('[aria-live], [role=status]')")
        (curl,) = page.texts('pre[aria-label="The same with curl"]')
    assert curl == f"curl -i -H 'Accept-Language: pt' 'http://{at}/greeting/In%C3%AAs'"
    (call,) = calls
    assert call.forwarded == (("Accept-Language", "pt"),)
    assert call.request.url == "https://greeting.example/In%C3%AAs"


_OWNED = """
[api]
title = "Shop"
version = "2.1.0"
contact = { name = "Team Shop", url = "https://shop.example/us", email = "shop@example.com" }
[sources.one]
value = 1
[endpoints.one]
path = "/one"
sources = ["one"]
"""


_POSTED = """
[endpoints.other]
method = "POST"
path = "/one"
sources = ["one"]
"""


def test_title_version_and_contact_are_the_owners() -> None:
    config = config_of(_OWNED)
    app = gateway_app(Catalogue(config), pipelines_of(config.sources, {}, Shared(Runtime())))
    with serving(app) as at, browser.page() as page:
        page.open(f"http://{at}/docs")
        assert page.await_texts("#contact", any) == ["Team Shop · https://shop.example/us · shop@example.com"]
        assert page.texts("#title") == ["Shop 2.1.0"]


def test_the_contents_tell_operations_apart_and_an_address_leads_to_one() -> None:
    config = config_of(_OWNED + _POSTED)
    app = gateway_app(Catalogue(config), pipelines_of(config.sources, {}, Shared(Runtime())))
    with serving(app) as at, browser.page() as page:
        page.look(1280, 300)
        page.open(f"http://{at}/docs#other")
        page.await_texts("article", bool)
        assert page.texts("nav ul:first-of-type a") == ["/one", "POST /one"]
        assert page.value("document.getElementById('other').getBoundingClientRect().top < innerHeight")
        page.open("about:blank")
        page.open(f"http://{at}/docs#%")
        page.await_texts("article", bool)
        assert "cannot be read" not in page.texts("#about")[0]


_GUARDED = """
[callers.staff]
authorizer = {}
[callers.machines]
authorizer = { header = "X-Key" }
[sources.who]
compute = "caller.sub"
[endpoints.staff]
path = "/staff"
caller = "staff"
sources = ["who"]
[endpoints.machines]
path = "/machines"
caller = "machines"
sources = ["who"]
"""


def test_credentials_go_out_as_the_description_says() -> None:
    """A token behind Bearer, another header as it is; without them the page shows the refusal."""

    async def admit(endpoint: Endpoint, request: ClientRequest, _: Invocation) -> Caller | None:
        assert endpoint.asked_by
        told = request.headers.get("authorization") or request.headers.get("x-key")
        return Caller(endpoint.asked_by.name, {"sub": told}) if told else None

    config, runtime = config_of(_GUARDED), Runtime()
    fetches = fetches_of(config.sources, Reach({}, tls_context, runtime.clock), AsyncExitStack())
    pipelines = pipelines_of(config.sources, fetches, Shared(runtime))
    app = gateway_app(Catalogue(config), pipelines, door=FrontDoor(admit))
    with serving(app) as at, browser.page() as page:
        page.open(f"http://{at}/docs")
        for path, field, sent in (("/staff", "Authorization", "Bearer t0ken"), ("/machines", "X-Key", "t0ken")):
            form = f'form[aria-label="Try {path}"]'
            page.await_texts(form, bool)
            page.press(f"{form} button")
            page.await_texts("pre[aria-label=Body]", partial(_has, "not-authenticated"))
            page.type(f"{form} input[type=password][name={field}]", "t0ken")
            page.press(f"{form} button")
            page.await_texts("pre[aria-label=Body]", partial(_has, f'"{sent}"'))


def _has(text: str, texts: list[str]) -> bool:
    return any(text in each for each in texts)
