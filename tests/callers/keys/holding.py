"""A place of keys that answers what a test says, and conversations held to their ends."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fanin.callers.keys.form import ApiKey, new_key
from fanin.callers.keys.record import Record
from fanin.credentials.flows import Conversation, OneAtATime, Wait

MADE = 1_796_000_000


def hold[Result](conversation: Conversation[Result], answer: Callable[[Any], Any] | None = None) -> Result:
    """Hold a conversation as the carriers do, whose questions are answered by a function."""
    given: Any = None
    failed: Exception | None = None
    while True:
        try:
            question = conversation.throw(failed) if failed else conversation.send(given)
        except StopIteration as ended:
            result: Result = ended.value
            return result
        try:
            given, failed = _answered(question, answer), None
        except Exception as error:  # noqa: BLE001 - as the carriers do
            failed = error


def _answered(question: object, answer: Callable[[Any], Any] | None) -> Any:
    match question:
        case OneAtATime(_, inner):
            return hold(inner, answer)
        case Wait():
            return None
    assert answer, question
    return answer(question)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class FakePlace:
    """Records by id; it writes down which parts are read, and fails on demand.

    Args:
        whole: whether all records are one part, as in a secret.
    """

    def __init__(self, *, whole: bool = False) -> None:
        self.whole = whole
        self.there: dict[str, Record] = {}
        self.read: list[str] = []
        self.timeouts: list[float] = []
        self.fault: Exception | None = None
        self.while_reading: Callable[[], None] = lambda: None

    def part_of(self, key_id: str) -> str:
        return "" if self.whole else key_id

    def records(self, part: str, timeout: float) -> Conversation[Mapping[str, Record]]:
        yield Wait(0)
        self.read.append(part)
        self.timeouts.append(timeout)
        self.while_reading()
        if self.fault:
            raise self.fault
        if self.whole:
            return dict(self.there)
        return {part: self.there[part]} if part in self.there else {}

    def add(self, **more: Any) -> ApiKey:
        """Make a key and its record."""
        key = new_key()
        self.there[key.id] = replace(Record(key.id, key.sha256, "acme", "nightly", MADE), **more)
        return key


def ids() -> Iterator[str]:
    """Make ids up."""
    while True:
        yield new_key().id
