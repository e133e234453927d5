from collections.abc import Callable
from functools import partial

import pytest

from fanin.config import parse
from fanin.config.budget import Slot, critical_path, worst_case
from fanin.config.finding import Finding
from fanin.config.needs import needs_of
from fanin.config.warn import warnings
from tests.unit.steps import steps_of


def _text(endpoint_timeout: str, **timeouts: str | None) -> str:
    """Write a file in which each source needs the one before, and the endpoint lists the last."""
    lines, before = ["fanin = 1"], "{city}"
    for name, timeout in timeouts.items():
        lines += [f"[sources.{name}]", f'url = "https://api.example.com/{before}"']
        lines += [f'timeout = "{timeout}"'] if timeout else []
        before = f"{{{name}.id}}"
    last = list(timeouts)[-1]
    lines += ["[endpoints.e]", 'path = "/e/{city}"', f'sources = ["{last}"]', f'timeout = "{endpoint_timeout}"']
    return "\n".join(lines)


def _warnings(text: str) -> list[Finding]:
    return warnings(parse(text, {}), text)


def _rules(text: str) -> list[str]:
    return [finding.rule for finding in _warnings(text)]


def test_a_chain_that_just_fits_is_fine() -> None:
    assert _rules(_text("3s", a="1s", b="1s", c="1s")) == []


def test_sums_of_fractions_are_added_as_a_person_would() -> None:
    assert _rules(_text("300ms", a="100ms", b="100ms", c="100ms")) == []


def test_a_chain_longer_than_the_endpoints_timeout_is_warned_of_where_that_stands() -> None:
    (finding,) = _warnings(_text("3s", a="1500ms", b="2s"))
    assert finding.rule == "chain-too-long"
    assert finding.key == ("endpoints", "e", "timeout")
    assert finding.line == 11
    assert "a 1.5 s + b 2 s can take 3.5 s" in finding.message
    assert 'timeout = "3.5s"' in finding.fix


def test_the_fix_does_not_go_beyond_what_the_gateway_waits() -> None:
    (finding,) = _warnings(_text("20s", a="15s", b="16s"))
    assert "Write timeout" not in finding.fix
    assert "Shorten" in finding.fix


def test_the_fix_mends() -> None:
    (finding,) = _warnings(_text("1s", a="640ms", b="730ms"))
    assert 'timeout = "1.4s"' in finding.fix
    assert _rules(_text("1.4s", a="640ms", b="730ms")) == []


def test_a_source_without_a_timeout_that_others_wait_for_is_warned_of_once() -> None:
    (finding,) = _warnings(_text("3s", a=None, b="1s"))
    assert finding.rule == "no-timeout"
    assert finding.key == ("sources", "a")
    assert finding.line == 2


def test_a_last_source_without_a_timeout_has_the_endpoints() -> None:
    assert _rules(_text("3s", a="1s", b=None)) == []


def test_a_last_source_without_a_timeout_needs_some_time_left() -> None:
    (finding,) = _warnings(_text("3s", a="3s", b=None))
    assert finding.rule == "chain-too-long"
    assert "b may be cut short" in finding.message


def test_a_single_source_needs_no_timeout() -> None:
    assert _rules(_text("3s", a=None)) == []


def _chains(number: int) -> str:
    """Write a file whose endpoint has so many sources in a chain, and none of them fits."""
    return _text("1s", **{f"s{n}": "900ms" for n in range(number)})


def _waiting(number: int) -> str:
    """Write a file in which so many sources wait for one without a timeout, and as many for one that has its own."""
    sources = [f'[sources.s{n}]\nurl = "https://a.example/{{hub.x}}/{{other.x}}"\n' for n in range(number)]
    names = ", ".join(f'"s{n}"' for n in range(number))
    hubs = '[sources.hub]\nurl = "https://a.example"\n[sources.other]\nurl = "https://a.example"\ntimeout = "900ms"\n'
    return f'fanin = 1\n{hubs}{"".join(sources)}[endpoints.e]\npath = "/e"\nsources = [{names}]\ntimeout = "1s"\n'


@pytest.mark.parametrize("file", [_chains, _waiting])
def test_twice_the_sources_of_an_endpoint_take_twice_the_steps(file: Callable[[int], str]) -> None:
    steps = []
    for number in (100, 200):
        text = file(number)
        steps.append(steps_of(partial(warnings, parse(text, {}), text)))
    assert steps[1] < 2.2 * steps[0]


def test_a_warning_names_few_of_many_who_wait() -> None:
    (finding,) = [each for each in _warnings(_waiting(200)) if each.rule == "no-timeout"]
    assert len(finding.message) < 500
    assert "and 190 others wait for it" in finding.message


def test_slots_follow_the_references() -> None:
    config = parse(_text("3s", a="1s", b="500ms", c=None), {})
    slots = worst_case(config.endpoints["e"], config.sources)
    assert slots == {"a": Slot(0.0, 1.0), "b": Slot(1.0, 1.5), "c": Slot(1.5, 3.0)}
    assert needs_of(config.endpoints["e"].sources, config.sources) == {"a": set(), "b": {"a"}, "c": {"b"}}


def test_the_critical_path_goes_back_from_the_last_to_end() -> None:
    needs: dict[str, set[str]] = {"a": set(), "b": set(), "c": {"a", "b"}, "d": {"a"}}
    assert critical_path(needs, {"a": 1.0, "b": 2.0, "c": 4.0, "d": 3.0}) == ["b", "c"]


def test_attempts_that_do_not_fit_into_their_call_are_warned_of() -> None:
    text = _text("3s", a="1s").replace(
        'timeout = "1s"', 'timeout = "1s"\nattempt_timeout = "480ms"\nretry = { base = "50ms" }'
    )
    (finding,) = _warnings(text)
    assert (finding.rule, finding.key) == ("attempts-too-long", ("sources", "a", "attempt_timeout"))
    assert "2 attempts of 480 ms" in finding.message
    assert "can take 1.01 s" in finding.message
    assert _rules(text.replace("480ms", "475ms")) == []
    assert _rules(text.replace('timeout = "1s"\n', "")) == []
