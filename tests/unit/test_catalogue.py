"""fanin.engine.catalogue: the one way into an endpoint."""

import re

import pytest

from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.invocation import Invocation
from fanin.engine.trace_context import TraceContext
from fanin.errors import RequestError
from fanin.local.layout import ROOT
from tests.unit.scenario import config_of

CONFIG = config_of("""
[sources.a]
url = "https://a.example/{id}?n={n}"
forward = ["Accept-Language"]
trace_context = true
[sources.b]
url = "https://b.example/{a.x}"
[sources.c]
url = "https://c.example"
[endpoints.e]
path = "/e/{id}"
sources = ["b"]
timeout = "4s"
[endpoints.e.parameters.n]
type = "integer"
default = 3
[endpoints.f]
path = "/f.json"
sources = ["c"]
""")
INVOCATION = Invocation("id", 100.0, TraceContext("0" * 31 + "1"))


def catalogue(now: float = 7.0) -> Catalogue:
    """Make a catalogue whose clock stands still."""
    return Catalogue(CONFIG, lambda: now)


def test_a_request_begins_with_checked_parameters_a_deadline_and_its_trace() -> None:
    """What every way in needs, from texts as a client sends them."""
    request = ClientRequest({"id": "x", "n": "5"}, {"accept-language": "pt", "x-other": "1"})
    (call,) = catalogue().begin("e", request, None, INVOCATION).start()
    assert call.request.url == "https://a.example/x?n=5"
    assert call.request.headers == (("Accept-Language", "pt"),)
    assert call.trace_context is INVOCATION.trace_context
    assert call.deadline == 11.0
    assert call.span.ready == 7.0


@pytest.mark.parametrize(
    ("now", "timeout", "deadline"), [(7.0, None, 11.0), (98.0, None, 100.0), (7.0, 60.0, 67.0), (7.0, 600.0, 100.0)]
)
def test_the_deadline_is_the_nearer_of_the_timeout_and_the_invocations(
    now: float, timeout: float | None, deadline: float
) -> None:
    """A job gives a timeout of its own; otherwise the endpoint's counts."""
    begun = catalogue(now).begin("e", ClientRequest({"id": "x"}), None, INVOCATION, timeout=timeout)
    assert [call.deadline for call in begun.start()] == [deadline]


@pytest.mark.parametrize("parameters", [{}, {"id": "x", "n": "many"}, {"id": ".."}, {"id": "\ud800"}], ids=str)
def test_what_cannot_begin_is_refused_by_a_check_too(parameters: dict[str, str]) -> None:
    """For ways in that check at one time, and begin at another."""
    with pytest.raises(RequestError) as checked:
        catalogue().check("e", parameters)
    with pytest.raises(RequestError) as begun:
        catalogue().begin("e", ClientRequest(parameters), None, INVOCATION)
    assert checked.value.parameters == begun.value.parameters


def test_a_check_gives_typed_values_and_defaults() -> None:
    """As they may be handed to `begin` later."""
    assert catalogue().check("e", {"id": "x"}) == {"id": "x", "n": 3}


def test_values_that_a_way_in_has_checked_are_still_held_to_their_places() -> None:
    """FastAPI knows types and bounds, and not where a source puts a value."""
    with pytest.raises(RequestError):
        catalogue().begin("e", ClientRequest({"id": "..", "n": 1}, checked=True), None, INVOCATION)


def test_a_forwarded_header_that_could_end_a_header_is_refused() -> None:
    """Before any call is made."""
    with pytest.raises(RequestError) as caught:
        catalogue().begin("e", ClientRequest({"id": "x"}, {"accept-language": "a\nb"}), None, INVOCATION)
    assert [name for name, _ in caught.value.parameters] == ["Accept-Language"]


def test_a_single_source_has_the_invocations_deadline_and_no_endpoints_name() -> None:
    """A handler written by hand reads one, with what it refers to."""
    begun = catalogue().begin_sources(("b",), ClientRequest({"id": "x", "n": 1}), INVOCATION)
    (call,) = begun.start()
    assert (call.source.name, call.deadline) == ("a", 100.0)


@pytest.mark.parametrize(
    ("path", "found"),
    [("/e/Lis/bon", None), ("/e/Lisboa", ("e", {"id": "Lisboa"})), ("/f.json", ("f", {})), ("/fxjson", None)],
)
def test_an_endpoint_is_found_by_its_whole_path(path: str, found: tuple[str, dict[str, str]] | None) -> None:
    """A parameter is one segment; what looks like a pattern is itself."""
    if found is None:
        with pytest.raises(RequestError):
            catalogue().find("GET", path)
        return
    endpoint, parameters = catalogue().find("GET", path)
    assert (endpoint.name, parameters) == found


@pytest.mark.parametrize(
    ("header", "cookies"), [("", {}), ("a=1; b=two", {"a": "1", "b": "two"}), ('a="x y"', {"a": "x y"})]
)
def test_cookies_are_read_from_their_header(header: str, cookies: dict[str, str]) -> None:
    """RFC 6265, section 4.2."""
    assert ClientRequest({}, {"cookie": header}).cookies == cookies


def test_no_other_module_makes_an_aggregation_or_invents_an_endpoint() -> None:
    """Whoever adds a way in begins its requests where all others do."""
    package = ROOT / "src/fanin"
    making = r"\b(?<!class )(Aggregation|Choosing|Endpoint)\(|(else|=) (Aggregation|Choosing)\b|lambda: 0\b"
    made = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if re.search(making, file.read_text(encoding="utf-8"))
    }
    assert made == {"engine/catalogue.py"}
