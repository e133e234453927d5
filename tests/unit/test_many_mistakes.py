"""The time to find, place and explain the mistakes of fanin.toml grows with its size, whatever is wrong in it."""

import sys
from collections.abc import Callable
from functools import partial

import pytest

from fanin.config.finding import ConfigError, Finding
from fanin.config.locate import Places
from fanin.config.reading import MAX_FILE, parse
from tests.unit.processor_time import processor_time

SOURCE = '[sources.a]\nurl = "https://a.example"\n'
ENDPOINT = '[endpoints.e]\npath = "/e"\nsources = ["a"]\n'


def unknown_keys(number: int) -> str:
    """Write keys that no table has."""
    return "fanin = 1\n" + SOURCE + "".join(f"k{i} = 1\n" for i in range(number)) + ENDPOINT


def unknown_inline_keys(number: int) -> str:
    """Write keys that no table has, in one line."""
    keys = ", ".join(f"k{i} = 1" for i in range(number))
    return f"fanin = 1\n{SOURCE}cache = {{ {keys} }}\n{ENDPOINT}"


def unknown_sources(number: int) -> str:
    """List sources that are not there, and define as many others."""
    sources = "".join(f'[sources.a{i}]\nurl = "https://a.example"\n' for i in range(number))
    names = ", ".join(f'"b{i}"' for i in range(number))
    return f'fanin = 1\n{sources}[endpoints.e]\npath = "/e"\nsources = [{names}]\nrequired = [{names}]\n'


def wrong_sources(number: int) -> str:
    """Define sources with a mistake each."""
    return "fanin = 1\n" + "".join(f'[sources.a{i}]\nurl = "ftp://a"\n' for i in range(number)) + "[endpoints]\n"


def unknown_variables(number: int) -> str:
    """Refer to variables that are not defined, and define as many others."""
    variables = "".join(f'v{i} = ""\n' for i in range(number))
    sources = "".join(f'[sources.a{i}]\nurl = "{{$w{i}}}"\n' for i in range(number))
    return f"fanin = 1\n[variables]\n{variables}{sources}[endpoints]\n"


def found_in(text: str) -> tuple[Finding, ...]:
    """Give the findings of a file that cannot be served."""
    with pytest.raises(ConfigError) as caught:
        parse(text, {})
    return caught.value.findings


def calls_of(work: Callable[[], object]) -> int:
    """Count the calls that a piece of work makes, of functions in Python and in C."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


KINDS = (unknown_keys, unknown_inline_keys, unknown_sources, wrong_sources, unknown_variables)


@pytest.mark.parametrize("kind", KINDS)
def test_twice_the_mistakes_make_twice_the_calls(kind: Callable[[int], str]) -> None:
    number = 300
    once, twice = (calls_of(partial(found_in, kind(n))) for n in (number, 2 * number))
    assert twice < 2.2 * once


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_mistakes_is_refused_with_each_at_its_place(kind: Callable[[int], str]) -> None:
    """A file of thousands too, where quadratic work would need minutes."""
    number = 10_000
    text = kind(number)
    assert len(text) < MAX_FILE
    with processor_time():
        found = found_in(text)
    assert len(found) >= number
    assert len({(finding.key, finding.line, finding.column) for finding in found}) >= number


def test_keys_of_a_deep_table_are_placed_without_its_path_for_each() -> None:
    """A header of many parts, and many keys below it."""
    parts = ".".join(["t"] * 50_000)
    text = f"[{parts}]\n" + "".join(f"k{i} = 1\n" for i in range(50_000))
    with processor_time():
        places = Places(text)
        assert places.position([*["t"] * 50_000, "k7"]) == (9, 1)


@pytest.mark.parametrize(
    "text",
    [
        f'fanin = 1\n{SOURCE}timeout = "{"x" * 5_000}"\n{ENDPOINT}',
        f'fanin = 1\n{SOURCE}method = "{"x" * 5_000}"\n{ENDPOINT}',
        f'fanin = 1\n{SOURCE}drop = ["{"[" * 5_000}"]\n{ENDPOINT}',
        f'fanin = 1\n{SOURCE}forward = ["{" " * 5_000}"]\n{ENDPOINT}',
        f'fanin = 1\n{SOURCE}headers = {{ X = "{{{"A" * 5_000}}}" }}\n{ENDPOINT}',
        f'fanin = 1\n{SOURCE}headers = {{ X = "{{${"a" * 5_000}}}" }}\n{ENDPOINT}',
        f"fanin = 1\n{SOURCE}redirects = [{'1, ' * 5_000}]\n{ENDPOINT}",
        f'fanin = 1\n{SOURCE}pick = "{"a" * 5_000}["\n{ENDPOINT}',
        f'fanin = 1\n{SOURCE}pick = "{"a" * 5_000}(@)"\n{ENDPOINT}',
        f'fanin = 1\n[sources.a]\nurl = "https://a:{"x" * 5_000}"\n{ENDPOINT}',
        f"fanin = 1\n{SOURCE}redirects = 0x{'f' * 5_000}\n{ENDPOINT}",
        f'fanin = 1\n[sources.a]\nurl = "https://{"x" * 5_000}"\n{ENDPOINT}',
        f'fanin = 1\n{SOURCE}[endpoints.e]\npath = "{"x" * 5_000}"\nsources = ["a"]\n',
        f'fanin = 1\n{SOURCE}[endpoints.e]\npath = "/e"\nsources = ["{"x" * 5_000}"]\n',
        f'fanin = 1\n{SOURCE}[endpoints.e]\npath = "/e"\nsources = ["a"]\nrequired = ["{"x" * 5_000}"]\n',
        f'fanin = 1\n{SOURCE}{ENDPOINT}[jobs]\ncallbacks = ["{"x" * 5_000}"]\n',
        f'fanin = 1\n{SOURCE}{ENDPOINT}parameters.p = {{ max_length = 9, default = "{"x" * 5_000}" }}\n',
        f"fanin = 1\n{SOURCE}{ENDPOINT}[sources.{'x' * 5_000}]\n[sources.{'x' * 5_000}]\n",
        "fanin = 1\n" + "".join(f'[sources.{"x" * 500}{i}]\nurl = "https://a.example"\n' for i in range(99)) + ENDPOINT,
    ],
)
def test_a_message_quotes_no_long_value_whole(text: str) -> None:
    for finding in found_in(text):
        assert len(finding.message) < 300, finding
        assert len(finding.fix) < 8_000, finding
