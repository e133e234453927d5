"""How much memory the values of a JSON text take is known from the text, before they are made."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from fanin.config import Source
from fanin.config.values import Json
from fanin.engine.call import InPart, NoContent, Response
from fanin.engine.footprint import PER_BYTE, fits, memory_for
from fanin.engine.shape import value_of
from fanin.errors import SourceTooLarge
from fanin.sources.meaning import decoded
from tests.unit.processor_time import processor_time
from tests.unit.scenario import config_of
from tests.unit.shapes import HOSTILE, listed

CAP = 600_000
"""Bytes; so few that the tests are quick, and enough for the memory to be in proportion."""

ORDINARY: dict[str, Callable[[], Any]] = {
    "temperatures": lambda: {"hourly": {"temperature_2m": [round(n % 400 / 10, 1) for n in range(90_000)]}},
    "small decimals": lambda: [n % 90 / 10 for n in range(110_000)],
    "a mask of digits": lambda: [n % 2 for n in range(220_000)],
    "integers": lambda: [300 + n % 600 for n in range(110_000)],
    "coordinates": lambda: {"coordinates": [[12.345678 + n, 45.678912] for n in range(20_000)]},
    "records": lambda: [
        {"id": 100_000 + n, "name": f"Some name {n}", "lat": 1.5 + n, "lon": 2.5, "open": True} for n in range(5_000)
    ],
    "points": lambda: [{"x": n, "y": n + 1} for n in range(9_000)],
    "prose": lambda: {"text": "one, two: three - [four] " * 20_000},
    "CSV in a text": lambda: {"csv": "1,2,3,4\n" * 60_000},
    "JSON in a text": lambda: {"payload": orjson.dumps([{"x": 1, "y": [n]} for n in range(20_000)]).decode()},
    "Japanese": lambda: [{"title": "東京都千代田区丸の内一丁目" * 5} for _ in range(2_200)],
}
"""Answers of APIs, as dense as these come."""


@pytest.mark.parametrize("shape", HOSTILE)
def test_no_text_takes_more_memory_than_was_told(shape: str) -> None:
    """Whatever its shape: what Python has allocated for its values does not count as room enough for them."""
    text = HOSTILE[shape](CAP)
    tracemalloc.start()
    try:
        value = orjson.loads(text)
        orjson.dumps(value)  # which keeps the UTF-8 of texts beyond ASCII with them
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert value
    assert not fits(text, taken - 1)


@pytest.mark.parametrize("shape", HOSTILE)
def test_a_body_that_costs_too_much_is_refused_before_its_values_are_made(shape: str) -> None:
    """What a source may answer with takes no more memory than 8 times its `max_bytes`."""
    source = config_of(f'[sources.a]\nurl = "https://a.example"\nmax_bytes = "{CAP}B"\n[endpoints]\n').sources["a"]
    text = HOSTILE[shape](CAP)
    tracemalloc.start()
    try:
        value, refused = _decoded(source, text)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (value is None) == bool(refused)
    assert kept <= PER_BYTE * CAP
    assert not refused or peak < 4 * CAP
    assert refused in ("", "a answered with values that take more than 4800000 bytes of memory")


def _decoded(source: Source, text: bytes) -> tuple[Json, str]:
    """Give the value of a body, or why there is none."""
    try:
        value = decoded(source, Response(200, {}, text))
        assert not isinstance(value, NoContent | InPart)
        return value, ""
    except SourceTooLarge as error:
        return None, error.detail


@pytest.mark.parametrize("shape", ORDINARY)
def test_ordinary_answers_fit(shape: str) -> None:
    """Dense numbers, records, and texts that hold what gives JSON its structure, close to the cap of bytes."""
    text = orjson.dumps(ORDINARY[shape]())
    assert CAP // 4 < len(text) <= CAP
    assert fits(text, memory_for(CAP))


@pytest.mark.parametrize("text", [b'"', b'"\\', b'["\\', b'{"a', b'"a\\"', b"]", b",,,", b"\xff", b'\\"'])
def test_what_is_no_json_is_left_to_the_decoder(text: bytes) -> None:
    """A broken text has a footprint too, which is found in linear time."""
    assert fits(text, 10_000)
    with processor_time():
        fits(text * 100_000, 4 * len(text) * 100_000)


def test_a_small_cap_still_leaves_room_for_dense_answers() -> None:
    """At least 4 MB, which is more than any 60 kB come to."""
    assert memory_for(1000) == memory_for(500_000) == 4_000_000
    assert fits(listed(b"{}", 60_000), memory_for(1000))


def test_what_a_pick_makes_is_held_to_the_same_memory() -> None:
    """A projection makes an object of each of so many small ones that the answer itself passes."""
    toml = '[sources.a]\nurl = "https://a.example"\npick = "[].{a: a, b: b, c: c}"\nmax_bytes = "600kB"\n[endpoints]\n'
    source = config_of(toml).sources["a"]

    def picked(items: int) -> Json:
        answer = decoded(source, Response(200, {}, b"[" + b",".join([b"{}"] * items) + b"]"))
        assert not isinstance(answer, InPart)
        return value_of(source, answer)

    assert picked(5_000) == [{"a": None, "b": None, "c": None}] * 5_000
    with pytest.raises(SourceTooLarge, match="the pick of a makes values of over 4800000 bytes of memory"):
        picked(50_000)
