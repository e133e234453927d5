"""Mutants of the fixtures: events that nobody sends on purpose. Each is made anew from its number alone."""

import copy
import json
import string
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

type Place = tuple[Any, Any]
"""A dict or list, and one of its keys or positions."""

_PATHS = ("/", "//", "///evil.example", "/../../etc/passwd", "/%2e%2e/", ".", "..", "/trip/Lisbon", "/forecast/Lisbon")
_QUERIES = ("days", "days=2", "days=2;days=3", "days=%32", "=&=&=&", "a=1&" * 200)
_ENCODED = ("%", "%%", "%zz", "%00", "%ff", "%20" * 3000, "AA==", "A", "=====")
_CONTROLS = ("\x00", "\r\n", "a\r\nset-cookie: a=b", "\x7f", "\u202etxt", "\ufeff")
_UNICODE = ("\ud800", "\udfff\ud800", "\U0001f30d", "é", "é" * 4000, "\u017f" * 9, "٣")
_NUMBERS = ("9" * 400, "1e999", "-0", "NaN", "null", "true", "0x10")
_TEMPLATES = ("{city}", "{geo.lat}", "{$open_meteo}", "${x}", "%s")
_HOSTS = ("[::1]:3000", "[::1", "::", "host:port", "host:99999999")
_WORDS = ("", " ", "*", "GET", "get", "CONNECT", "OPTIONS", "2.0", "1.0", "$default", "text/html", "application/json")
_LONG = ("w" * 300, "w" * 9000)
_ODD_TEXTS = (
    *_PATHS, *_QUERIES, *_ENCODED, *_CONTROLS, *_UNICODE, *_NUMBERS, *_TEMPLATES, *_HOSTS, *_WORDS, *_LONG
)  # fmt: skip
_SCALARS: tuple[Any, ...] = (None, True, False, 0, 1, -1, 2**63, 10**300, 1.5, 1e308, float("nan"), float("inf"))
_LISTS: tuple[Any, ...] = ([], [None], [[]], [{}], ["a", "b"], ["a", None], ["x"] * 40)
_OBJECTS: tuple[Any, ...] = ({}, {"": None}, {"a": {"b": {"c": []}}}, {"a": ["b", 1]})
_ODD_VALUES = _SCALARS + _LISTS + _OBJECTS
_TOP_KEYS = ("version", "rawPath", "rawQueryString", "headers", "multiValueHeaders", "cookies", "Records", "resource")
_VALUE_KEYS = (
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "body",
    "isBase64Encoded",
    "httpMethod",
    "path",
)
_CONTEXT_KEYS = ("requestContext", "http", "elb", "stage", "requestId", "method", "eventType")
_HEADER_KEYS = ("host", "x-forwarded-proto", "x-forwarded-port", "content-length", "transfer-encoding", "cookie")
_KEYS = _TOP_KEYS + _VALUE_KEYS + _CONTEXT_KEYS + _HEADER_KEYS
_NO_EVENT = 0.005
"""How many are not even an event."""


class Mutants:
    """An endless, numbered supply.

    Args:
        events: what to start from.
        seed: another seed gives others.
    """

    def __init__(self, events: list[Any], seed: int) -> None:
        self._events = events
        self._texts = [json.dumps(event) for event in events]
        self._seed = seed

    def __getitem__(self, number: int) -> Any:
        """Make the mutant of a number."""
        random = Random(f"{self._seed}/{number}")
        if random.random() < _NO_EVENT:
            return _odd(random)
        event = json.loads(random.choice(self._texts))
        for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 8))):
            event = random.choice(_MUTATIONS)(random, event, self._events)
        return event


def _drop(random: Random, event: Any, _: list[Any]) -> Any:
    if place := _place(random, event):
        del place[0][place[1]]
    return event


def _replace(random: Random, event: Any, _: list[Any]) -> Any:
    if place := _place(random, event):
        place[0][place[1]] = _odd(random)
    return event


def _respell(random: Random, event: Any, _: list[Any]) -> Any:
    """Put something odd into a text, cut it, or repeat it."""
    texts = [place for place in _places(event) if isinstance(place[0][place[1]], str)]
    if texts:
        container, key = random.choice(texts)
        text = container[key]
        at = random.randrange(len(text) + 1)
        container[key] = random.choice(
            (
                text[:at] + random.choice(_ODD_TEXTS) + text[at:],
                text[:at],
                text[at:],
                text[:at] + random.choice(string.printable) + text[at + 1 :],
                text * random.choice((2, 20, 200)),
                text.swapcase(),
                "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")),
            )
        )
    return event


def _duplicate(random: Random, event: Any, _: list[Any]) -> Any:
    """Copy a value to another place, or beside itself under a name of another case."""
    first, second = _place(random, event), _place(random, event)
    if first and second:
        value = copy.deepcopy(first[0][first[1]])
        if isinstance(first[0], list):
            first[0].append(value)
        elif random.random() < 0.5:
            first[0][str(first[1]).swapcase()] = value
        else:
            second[0][second[1]] = value
    return event


def _insert(random: Random, event: Any, _: list[Any]) -> Any:
    """Put a key that means something, or one that does not, where it has no business."""
    containers = [container for container, _ in _places(event) if isinstance(container, dict)]
    if isinstance(event, dict):
        containers.append(event)
    if containers:
        random.choice(containers)[random.choice((*_KEYS, *_ODD_TEXTS))] = _odd(random)
    return event


def _nest(random: Random, event: Any, _: list[Any]) -> Any:
    if place := _place(random, event):
        for _level in range(random.choice((1, 2, 50))):
            value = place[0][place[1]]
            place[0][place[1]] = [value] if random.random() < 0.5 else {random.choice(_KEYS): value}
    return event


def _cross(random: Random, event: Any, events: list[Any]) -> Any:
    """Take some keys from an event of another format."""
    other = copy.deepcopy(random.choice(events))
    if isinstance(event, dict) and isinstance(other, dict):
        taken = random.sample(list(other), random.randint(1, len(other)))
        return event | {key: other[key] for key in taken}
    return other


def _crowd(random: Random, event: Any, _: list[Any]) -> Any:
    """Add many keys to one place."""
    containers = [container for container, _ in _places(event) if isinstance(container, dict)]
    if containers:
        container = random.choice(containers)
        value = random.choice(("x", "x" * 300, 1, None))
        container |= {f"k{number}": value for number in range(random.choice((20, 200)))}
    return event


_MUTATIONS: tuple[Callable[[Random, Any, list[Any]], Any], ...] = (
    *(_drop, _drop, _replace, _replace, _replace, _respell, _respell, _respell, _respell),
    *(_duplicate, _insert, _insert, _nest, _cross, _crowd),
)


def _odd(random: Random) -> Any:
    return copy.deepcopy(random.choice(random.choice((_ODD_TEXTS, _ODD_VALUES))))


def _place(random: Random, event: Any) -> Place | None:
    places = list(_places(event))
    return random.choice(places) if places else None


def _places(event: Any) -> Iterator[Place]:
    """Name every place in an event; not by recursion, since mutants are deep."""
    waiting = [event]
    while waiting:
        container = waiting.pop()
        if isinstance(container, dict | list):
            keys: list[Any] = list(container) if isinstance(container, dict) else list(range(len(container)))
            yield from ((container, key) for key in keys)
            waiting += [container[key] for key in keys]
