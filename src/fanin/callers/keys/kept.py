"""The records of keys: read when they are needed, and kept for a while."""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock
from zlib import crc32

from fanin.aws.errors import AwsError, AwsUnavailable
from fanin.callers.keys.places import KeysUnreadable, Place
from fanin.callers.keys.record import Record
from fanin.credentials.flows import Conversation, OneAtATime
from fanin.engine.outcome import Clock
from fanin.errors import FaninError

KEPT = 60.0
"""Seconds for which a record is used without reading it again: so long a revoked key may go on."""
KEPT_UNKNOWN = 10.0
"""Seconds for which it is remembered that there is no such key."""
KEPT_THROUGH_FAILURE = 600.0
"""Seconds after which a record is used no more whose place does not answer."""
PAUSE = 10.0
"""Seconds until a record is read again whose place did not answer."""
SILENCE = 1.0
"""Seconds for which nothing is read after the place did not answer."""
LONGEST_READ = 2.0
"""Seconds that a read may take, and at most half of what the request has left."""
MAX_KNOWN = 10_000
"""Records that are kept; the least recently used leaves first."""
MAX_UNKNOWN = 1_000
"""Ids without a record likewise, in a room of their own: whoever makes ids up pushes no record out."""
LINES = 64
"""Lines in which reads wait for each other, each for some of the ids: whoever makes ids up makes no new ones."""

logger = logging.getLogger("fanin")


class KeysUnavailable(FaninError):
    """The place of the keys did not answer, and the record is not known; the text is for the log."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What was read of a part.

    Args:
        records: by the ids of their keys; empty where there are none.
        read: when.
        until: until when not to read it again.
    """

    records: Mapping[str, Record]
    read: float
    until: float


class Kept:
    """The records that this process has read.

    Args:
        place: where they are.
        clock: the clock of requests' deadlines.
    """

    def __init__(self, place: Place, clock: Clock) -> None:
        self._place = place
        self._clock = clock
        self._known = _Bounded(MAX_KNOWN)
        self._unknown = _Bounded(MAX_UNKNOWN)
        self._silent_until = 0.0

    def record(self, key_id: str, deadline: float) -> Conversation[Record | None]:
        """Give the record of a key: kept, or read now; None if there is none.

        Args:
            key_id: the key's public name.
            deadline: when the request's time is over, in the clock's seconds.

        Raises:
            KeysUnavailable: the place did not answer, and no record is known that is recent enough.
        """
        part = self._place.part_of(key_id)
        held = self._good(part)
        if held is None:
            line = crc32(part.encode()) % LINES
            try:
                held = yield OneAtATime((self, line), self._read(part, deadline))
            except TimeoutError as error:
                raise KeysUnavailable("others' reads took all of the request's time") from error
        return held.records.get(key_id)

    def _read(self, part: str, deadline: float) -> Conversation[_Held]:
        if (held := self._good(part)) is not None:  # read by another while this one waited for its turn
            return held
        left = deadline - self._clock()
        if left <= 0:
            raise KeysUnavailable("others' reads took all of the request's time")
        try:
            self._check_silence()
            records = yield from self._place.records(part, min(LONGEST_READ, left / 2))
        except (AwsError, AwsUnavailable, KeysUnreadable) as error:
            return self._through_failure(part, error)
        now = self._clock()
        if records:
            held = _Held(records, now, now + KEPT)
            self._known.put(part, held)
        else:
            held = _Held(records, now, now + KEPT_UNKNOWN)
            self._known.drop(part)
            self._unknown.put(part, held)
        return held

    def _through_failure(self, part: str, error: FaninError) -> _Held:
        """Go on with what is known, for a while.

        Raises:
            KeysUnavailable: nothing is, or it is too old.
        """
        now = self._clock()
        if now >= self._silent_until:
            self._silent_until = now + SILENCE
            logger.warning("API keys cannot be read: %s", error)
        held = self._known.get(part)
        if held is None or now >= held.read + KEPT_THROUGH_FAILURE:
            raise KeysUnavailable(str(error)) from error
        held = replace(held, until=min(now + PAUSE, held.read + KEPT_THROUGH_FAILURE))
        self._known.put(part, held)
        return held

    def _check_silence(self) -> None:
        """Let those who waited for their turn not find out one by one that the place is silent."""
        if self._clock() < self._silent_until:
            raise AwsUnavailable("the place did not answer a moment ago")

    def _good(self, part: str) -> _Held | None:
        held = self._known.get(part) or self._unknown.get(part)
        return held if held and self._clock() < held.until else None


class _Bounded:
    """What was read, by part; of too many the least recently used leaves."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()  # requests in threads share it
        self._held: OrderedDict[str, _Held] = OrderedDict()

    def get(self, part: str) -> _Held | None:
        with self._lock:
            if part in self._held:
                self._held.move_to_end(part)
            return self._held.get(part)

    def put(self, part: str, held: _Held) -> None:
        with self._lock:
            self._held[part] = held
            self._held.move_to_end(part)
            if len(self._held) > self._most:
                self._held.popitem(last=False)

    def drop(self, part: str) -> None:
        with self._lock:
            self._held.pop(part, None)
