"""JSON texts that cost far more memory than bytes, each of about so many bytes."""

from collections.abc import Callable
from functools import partial
from itertools import count

DEPTH = 100
"""Levels of what is nested; fewer than a source may answer with."""


def listed(item: bytes, size: int) -> bytes:
    """Repeat an item in a list, within that many bytes."""
    return b"[" + b",".join([item] * ((size - 2) // (len(item) + 1))) + b"]"


def _keys(size: int) -> bytes:
    """Name every member otherwise, so that no two keys share memory."""
    return b"{" + b",".join(b'"%x":0' % number for number in range(size // 9)) + b"}"


def _few_keys(size: int) -> bytes:
    """Likewise in objects of six members, which is where their tables become larger."""
    numbers = count()
    return b"[" + b",".join(b"{" + _members(numbers) + b"}" for _ in range(size // 60)) + b"]"


def _members(numbers: "count[int]") -> bytes:
    return b",".join(b'"%x":0' % next(numbers) for _ in range(6))


_ITEMS = {
    "empty objects": b"{}",
    "empty lists": b"[]",
    "lists in lists": b"[" * DEPTH + b"]" * DEPTH,
    "objects in objects": b'{"":' * DEPTH + b"0" + b"}" * DEPTH,
    "objects of one member": b'{"a":0}',
    "objects of two members": b'{"x":1,"y":2}',
    "lists of one item": b"[0]",
    "digits": b"0",
    "integers": b"300",
    "negative integers": b"-6",
    "decimals": b"1.5",
    "letters": b'"a"',
    "letters beyond ASCII": '"é"'.encode(),
    "empty texts": b'""',
}

HOSTILE: dict[str, Callable[[int], bytes]] = {
    **{name: partial(listed, item) for name, item in _ITEMS.items()},
    "keys of their own": _keys,
    "six keys of their own": _few_keys,
    "a text": lambda size: b'"' + b"a" * (size - 2) + b'"',
    "a text with an emoji": lambda size: b'"' + b"a" * (size - 6) + "😀".encode() + b'"',
    "a text with an escaped emoji": lambda size: b'"' + b"a" * (size - 14) + b'\\ud83d\\ude00"',
}
"""Makes a text of about that many bytes, by what it is made of."""
