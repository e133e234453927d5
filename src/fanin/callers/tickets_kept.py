"""Where tickets are between their issue and their use: in memory, or in a table of DynamoDB's."""

from collections import Counter, OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

from fanin.aws.errors import AwsError, AwsUnavailable
from fanin.credentials.flows import AskAws, Conversation
from fanin.engine.outcome import Clock
from fanin.errors import FaninError
from fanin.stores.aws.attributes import Expressions, read, written
from fanin.stores.condition import Absent, below
from fanin.stores.table import EXPIRES, Change, Item, number, text

TICKET = "ticket#"
"""What the keys of tickets begin with, before the hash."""
COUNT = "tickets#"
"""What the keys of counts begin with, before the caller and the minute."""
MOST = 10_000
"""Tickets that wait in the memory of a process. None is pushed out: the next one is refused."""
TIMEOUT = 2.0
"""Seconds that a question to the table may take."""

_MINUTE = 60
_REFUSED = "ConditionalCheckFailedException"


class TicketsFull(FaninError):
    """As many tickets wait as may."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was kept of a ticket.

    Args:
        said: what is known of its caller.
        expires: until when it counts, in seconds since 1970.
    """

    said: str
    expires: float


class TicketsKept(Protocol):
    """Somewhere that tickets are kept. Methods raise AwsError and AwsUnavailable where a table does not answer."""

    def count(self, owner: str, minute: int, most: int) -> Conversation[bool]:
        """Count a ticket of a caller.

        Args:
            owner: whose it is.
            minute: since 1970.
            most: tickets that a caller may have in a minute.

        Returns:
            whether it may have this one.
        """
        ...

    def put(self, name: str, said: str, expires: float) -> Conversation[None]:
        """Keep a ticket; raises TicketsFull where there is no room.

        Args:
            name: its hash.
            said: what is known of its caller.
            expires: until when it counts, in seconds since 1970.
        """
        ...

    def take(self, name: str) -> Conversation[Taken | None]:
        """Give what was kept of a ticket, and forget it: of all who ask for it, one gets it."""
        ...


class InMemory:
    """The tickets of one process; an event loop and threads take them at the same time.

    Args:
        now: seconds since 1970.
        most: tickets that may wait.
    """

    def __init__(self, now: Clock, most: int = MOST) -> None:
        self._now = now
        self._most = most
        self._lock = Lock()
        self._waiting: OrderedDict[str, Taken] = OrderedDict()
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def count(self, owner: str, minute: int, most: int) -> Conversation[bool]:
        """Count a ticket of a caller."""
        yield from ()
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._counts.clear()
            self._counts[owner] += 1
            return self._counts[owner] <= most

    def put(self, name: str, said: str, expires: float) -> Conversation[None]:
        """Keep a ticket."""
        yield from ()
        with self._lock:
            if len(self._waiting) >= self._most:
                self._drop_expired()
            if len(self._waiting) >= self._most:
                raise TicketsFull(f"{self._most} tickets wait")
            self._waiting[name] = Taken(said, expires)

    def take(self, name: str) -> Conversation[Taken | None]:
        """Give what was kept of a ticket, and forget it."""
        yield from ()
        with self._lock:
            return self._waiting.pop(name, None)

    def _drop_expired(self) -> None:
        now = self._now()
        for name in [name for name, taken in self._waiting.items() if taken.expires <= now]:
            del self._waiting[name]


@dataclass(frozen=True, slots=True)
class InTable:
    """The tickets of all environments, in the table that answers are kept in.

    Args:
        name: the table's.
    """

    name: str

    def count(self, owner: str, minute: int, most: int) -> Conversation[bool]:
        """Count a ticket of a caller. A count whose answer was lost may be made twice."""
        expressions = Expressions()
        change = Change(put={EXPIRES: (minute + 2) * _MINUTE}, add={"count": 1})
        payload = {
            **self._item(f"{COUNT}{owner}#{minute}"),
            "UpdateExpression": expressions.change(change),
            "ConditionExpression": expressions.condition(Absent("count") | below("count", most)),
        }
        try:
            yield AskAws("dynamodb", "UpdateItem", payload | expressions.arguments(), TIMEOUT)
        except AwsError as error:
            if error.code == _REFUSED:
                return False
            raise
        return True

    def put(self, name: str, said: str, expires: float) -> Conversation[None]:
        """Keep a ticket. The table forgets it some time after it has expired."""
        item: Item = {"pk": f"{TICKET}{name}", "said": said, "until": expires, EXPIRES: int(expires) + _MINUTE}
        yield AskAws("dynamodb", "PutItem", {"TableName": self.name, "Item": written(item)}, TIMEOUT)

    def take(self, name: str) -> Conversation[Taken | None]:
        """Give what was kept of a ticket, and forget it: deletions of an item come one after another.

        If the answer is lost, the ticket is, too: asked again, the table has none.
        """
        payload = {**self._item(f"{TICKET}{name}"), "ReturnValues": "ALL_OLD"}
        answer = yield AskAws("dynamodb", "DeleteItem", payload, TIMEOUT)
        try:
            item = read(answer["Attributes"]) if "Attributes" in answer else None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AwsUnavailable("dynamodb: an answer that cannot be read") from error
        return Taken(text(item, "said"), number(item, "until")) if item else None

    def _item(self, key: str) -> dict[str, Any]:
        return {"TableName": self.name, "Key": {"pk": {"S": key}}}
