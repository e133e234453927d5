"""The messages of a batch from SQS, by the ids under which they are handed back."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

logger = logging.getLogger("fanin")


def named_records(records: Iterable[Any]) -> dict[str, Mapping[str, Any]]:
    """Give the records by their message ids.

    SQS names every message. A record without a name cannot be handed back, so it is refused in the log, and the
    others are done.

    Args:
        records: `Records` of the event.
    """
    named: dict[str, Mapping[str, Any]] = {}
    for record in records:
        match record:
            case {"messageId": str(message_id)}:
                named[message_id] = record
            case _:
                logger.error("message refused", extra={"reason": "the record is no message of SQS's: it has no id"})
    return named
