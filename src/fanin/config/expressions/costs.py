"""What functions take beyond a step for each item of their arguments, counted before they run.

The arguments may be of any type: the library checks them when it calls the function.
"""

from collections.abc import Callable
from typing import Any

from fanin.config.expressions.bounds import COMPARED, FILLED_OBJECT, ORDERED, Budget, memory_of_text
from fanin.config.memory import LIST, MEMBER, SLOT


def _join(budget: Budget, separator: Any, texts: Any = None, *_: Any) -> None:
    if isinstance(separator, str) and isinstance(texts, list):
        length = len(separator) * len(texts) + sum([len(text) for text in texts if isinstance(text, str)])
        budget.step(length >> COMPARED)
        budget.make(length)


def _replace(budget: Budget, text: Any, old: Any = None, new: Any = None, *_: Any) -> None:
    if isinstance(text, str) and isinstance(old, str) and isinstance(new, str) and old:
        length = text.count(old) * len(new)
        budget.step(length >> COMPARED)
        budget.make(length)


def _split(budget: Budget, text: Any, separator: Any = None, *_: Any) -> None:
    if isinstance(text, str) and isinstance(separator, str):
        parts = text.count(separator) if separator else len(text)
        budget.step(0 if separator else parts)
        budget.make(parts * memory_of_text("") + memory_of_text(text))


def _whole(budget: Budget, *given: Any) -> None:
    """Count all parts of what is compared or written as a whole."""
    for each in given:
        if isinstance(each, list | dict):
            budget.go_through(each)


def _contains(budget: Budget, items: Any, wanted: Any = None, *_: Any) -> None:
    """A number or a text is compared with each item; a list or an object with all that is in each."""
    if isinstance(wanted, list | dict):
        _whole(budget, items, wanted)
    elif isinstance(wanted, str) and isinstance(items, list):
        budget.step(len(items) * (len(wanted) >> COMPARED))


def _order(budget: Budget, items: Any, *_: Any) -> None:
    if isinstance(items, list):
        budget.step(sum([len(item) >> ORDERED for item in items if isinstance(item, str)]))


def _merge(budget: Budget, *objects: Any) -> None:
    budget.make(MEMBER * sum([len(each) for each in objects if isinstance(each, dict)]))


def _pairs(budget: Budget, members: Any, *_: Any) -> None:
    if isinstance(members, dict | list):
        budget.make(len(members) * (LIST + 2 * SLOT))


def _attach(budget: Budget, items: Any, *_: Any) -> None:
    """Each item is copied."""
    if isinstance(items, list):
        members = sum([len(item) + 1 for item in items if isinstance(item, dict)])
        budget.step(members)
        budget.make(FILLED_OBJECT * len(items) + MEMBER * members)


def _zip(budget: Budget, *lists: Any) -> None:
    if all(isinstance(each, list) for each in lists):
        budget.make(min(map(len, lists), default=0) * (LIST + SLOT * len(lists)))


FORESEEN: dict[str, Callable[..., None]] = {
    "attach": _attach,
    "contains": _contains,
    "items": _pairs,
    "group_by": _pairs,
    "join": _join,
    "max": _order,
    "merge": _merge,
    "min": _order,
    "replace": _replace,
    "sort": _order,
    "split": _split,
    "to_string": _whole,
    "zip": _zip,
}
"""By the functions' names."""
