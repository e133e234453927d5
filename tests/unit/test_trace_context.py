"""fanin.engine.trace_context: W3C Trace Context, level 1."""

from random import Random

import pytest

from fanin.engine.trace_context import TraceContext

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
XRAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def context(traceparent: str = "", tracestate: str = "", xray: str = "") -> TraceContext:
    """Read a request's headers."""
    given = {"traceparent": traceparent, "tracestate": tracestate}
    return TraceContext.of({name: value for name, value in given.items() if value}, xray, Random(1))


@pytest.mark.parametrize(
    ("traceparent", "sampled"),
    [
        (f"00-{TRACE}-{PARENT}-01", True),
        (f"00-{TRACE}-{PARENT}-00", False),
        (f"00-{TRACE}-{PARENT}-ff", True),  # flags of later levels are passed over
        (f"00-{TRACE}-{PARENT}-02", False),
        (f"01-{TRACE}-{PARENT}-01", True),  # so are later versions' additions
        (f"fe-{TRACE}-{PARENT}-01-more", True),
        (f" 00-{TRACE}-{PARENT}-01\t", True),
    ],
)
def test_a_valid_traceparent_is_gone_on_with(traceparent: str, sampled: bool) -> None:  # noqa: FBT001 - a case
    """Under a new id for each call; the flag says what the caller's said."""
    found = context(traceparent)
    (name, first), (_, second) = *found.headers(found.span_id()), *found.headers(found.span_id())
    version, trace, parent, flags = first.split("-")
    assert (name, version, trace, flags) == ("traceparent", "00", TRACE, f"{sampled:02x}")
    assert len(parent) == 16
    assert parent not in {PARENT, second.split("-")[2]}


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "x",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}-01-",
        f"01-{TRACE}-{PARENT}-01more",
        f"00-{TRACE}-{PARENT}-1",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE[:-1]}g-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{PARENT}-0x",
        f"0-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01,00-{TRACE}-{PARENT}-01",  # two headers
        f"00-{TRACE}-{PARENT}-01\n",
        f"00-{TRACE}-{PARENT}-01\u0661",
    ],
)
def test_an_invalid_traceparent_begins_a_new_trace(traceparent: str) -> None:
    """Its tracestate is not passed on either."""
    found = context(traceparent, "a=1")
    ((_, value),) = found.headers(found.span_id())
    assert found.trace_id != TRACE
    assert value.startswith(f"00-{found.trace_id}-")
    assert value.endswith("-00")
    assert len(found.trace_id) == 32


@pytest.mark.parametrize(
    ("tracestate", "passed"),
    [
        ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ("a=1 ,\t b=2,,", "a=1,b=2"),
        ("1t@v=x y", "1t@v=x y"),
        (",".join(f"k{number}=1" for number in range(32)), ",".join(f"k{number}=1" for number in range(32))),
        (",".join(f"k{number}=1" for number in range(33)), ""),
        ("a=1,a=2", ""),
        ("A=1", ""),
        ("a", ""),
        ("a=", ""),
        ("a=1=2", ""),
        ("a=é", ""),
        ("a=1\r\nX-Evil: 1", ""),
        ("@v=1", ""),
        ("a=" + "x" * 257, ""),
        ("a" * 257 + "=1", ""),
    ],
)
def test_a_tracestate_is_passed_on_whole_or_not_at_all(tracestate: str, passed: str) -> None:
    """Whatever is not a list of members would be an injection."""
    headers = dict(context(f"00-{TRACE}-{PARENT}-01", tracestate).headers("0" * 15 + "1"))
    assert headers.get("tracestate", "") == passed


def test_without_the_callers_trace_it_is_x_rays() -> None:
    """In W3C's form, sampled as X-Ray has decided."""
    found = context(xray=XRAY)
    assert (found.trace_id, found.sampled) == ("5759e988bd862e3fe1be46a994272793", True)
    assert found.xray == "1-5759e988-bd862e3fe1be46a994272793"
    assert not context(xray=XRAY.replace("Sampled=1", "Sampled=0")).sampled
    assert not context(xray="Root=1-5759e988-bd862e3fe1be46a994272793").sampled


def test_the_callers_trace_goes_before_x_rays_which_is_still_known() -> None:
    """For the log."""
    found = context(f"00-{TRACE}-{PARENT}-01", xray=XRAY)
    assert (found.trace_id, found.xray) == (TRACE, "1-5759e988-bd862e3fe1be46a994272793")


@pytest.mark.parametrize("xray", ["", "Root=x", "Root=1-5759e988-BD862e3fe1be46a994272793", "Self=1-1-1"])
def test_without_either_it_is_a_new_one(xray: str) -> None:
    """Not sampled: nobody records it."""
    found = context(xray=xray)
    assert (found.xray, found.sampled) == ("", False)
    assert found.trace_id == context(xray=xray).trace_id  # chance is a parameter
    assert found.trace_id != TraceContext.of({}).trace_id
