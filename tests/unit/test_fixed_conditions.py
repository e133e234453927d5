"""fanin.config.fixed_conditions: an `allow` or a `when` that always comes to the same."""

import pytest

from fanin.config import parse
from fanin.config.warn import warnings

FILE = """fanin = 1

[callers.staff]
authorizer = {}

[sources.order]
url = "https://a.example/orders/{kind}"
when = "WHEN"

[endpoints.order]
path = "/orders/{kind}"
method = "POST"
sources = ["order"]
caller = "staff"
allow = "ALLOW"
input = { type = "object", properties = { n = { type = "integer" }, who = { enum = ["me", "you"] } } }

[endpoints.order.parameters.kind]
enum = ["open", "closed"]

[endpoints.order.parameters.size]
type = "integer"
optional = true

[endpoints.order.parameters.tag]
optional = true
"""
SOUND_ALLOW, SOUND_WHEN = "caller.tenant == parameters.kind", "parameters.size == `5`"


def found(allow: str = SOUND_ALLOW, when: str = SOUND_WHEN) -> list[tuple[int, str, str]]:
    """Give line, message and fix of each warning of a condition."""
    text = FILE.replace("ALLOW", allow).replace("WHEN", when)
    return [(w.line, w.message, w.fix) for w in warnings(parse(text, {}), text) if w.rule == "fixed-condition"]


@pytest.mark.parametrize(
    ("allow", "why", "fix"),
    [
        (
            "caller.tenant == 'a' && split(caller.scope, ' ')",
            "it gives a list at best, and only true passes",
            "contains",
        ),
        ("caller.sub == 'a' && 'yes'", "it gives a text at best", "Compare it"),
        ("`false`", "never true", "Compare something"),
        ("type(caller.sub) == 'text' && 'a' == 'b'", "never true", "Compare something"),
        ("caller.scopes == 'orders:read'", "caller.scopes is a list", "Write contains(caller.scopes, 'orders:read')"),
        ("parameters.kind == 'shut'", "one of 'closed', 'open'", "Compare it with one of 'closed', 'open'"),
        ("input.who == 'they'", "one of 'me', 'you', `null`", "Compare it with one of 'me', 'you', `null`"),
        ("parameters.size == '5'", "parameters.size is null or a number", "Write `5`"),
        ("parameters.size > '5'", "only two numbers and two texts have an order", "Write `5`"),
        ("parameters.tag == `5`", "`5` is a number", "Write '5'"),
        ("input.n == 'true'", "input.n is null or a number", "Compare values of the same kind"),
        ("length(parameters.size) > `3`", "length() takes a list or an object or a text", "Give length()"),
    ],
)
def test_an_allow_that_nobody_passes_is_warned_of(allow: str, why: str, fix: str) -> None:
    ((line, message, repair),) = found(allow)
    assert line == 15
    assert message.startswith("it is never true, so that nobody passes")
    assert why in message
    assert fix in repair


@pytest.mark.parametrize("allow", ["`true`", "parameters.kind != 'shut'", "caller.scopes != 'a'", "!('a' == 'b')"])
def test_an_allow_that_everybody_passes_is_warned_of(allow: str) -> None:
    ((_, message, _),) = found(allow)
    assert message.startswith("it is always true, so that everybody passes who may ask")


@pytest.mark.parametrize(
    "allow",
    [
        "contains(caller.scopes, 'orders:read')",
        "caller.scopes[0] == 'a'",
        "caller.verified",
        "caller.tenant && caller.admin",
        "caller.limits.day > parameters.size",
        "parameters.size == `5` || input.who == 'me' || !(parameters.tag)",
        "parameters.tag == `null`",
        "starts_with(caller.sub, 'a') && `1` < `2`",
        "to_number(parameters.tag) == parameters.size",
        "length(input.lines[?price > `3`]) > `0`",
        "(parameters.kind == 'open' && caller.a || caller.b) == `true`",
    ],
)
def test_an_allow_that_decides_is_not(allow: str) -> None:
    assert found(allow) == []


def test_a_part_that_is_in_vain_is_warned_of_beside_others() -> None:
    ((_, message, fix),) = found("caller.admin || caller.scopes == 'admin'")
    assert message == "caller.scopes is a list, and 'admin' is a text: they are never equal"
    assert fix == "Write contains(caller.scopes, 'admin')"


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("parameters.kind == 'shut'", "it is never true, so that order is never asked"),
        ("parameters.kind == 'open' || parameters.kind != 'shut'", "it is always true, so that order is always asked"),
        ("parameters.size", "it gives a number at best, which refuses order"),
        ("parameters.kind && parameters.tag", "it gives a text at best, which refuses order"),
        ("parameters.tag == `1` || parameters.size == `5`", "parameters.tag is null or a text"),
    ],
)
def test_a_when_is_held_to_the_same(when: str, message: str) -> None:
    ((line, told, _), *_) = found(when=when)
    assert line == 8
    assert told.startswith(message)


def test_a_when_is_seen_with_all_endpoints_that_read_its_source() -> None:
    """What another endpoint takes may make it true."""
    other = '\n[endpoints.other]\npath = "/other/{kind}"\nsources = ["order"]\nparameters.size.type = "integer"\n'
    text = (FILE + other).replace("ALLOW", SOUND_ALLOW).replace("WHEN", "parameters.kind == 'shut'")
    assert [w for w in warnings(parse(text, {}), text) if w.rule == "fixed-condition"] == []
