"""What a client hears over a WebSocket."""

import json
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from fanin.entrypoints.websocket.limits import MAX_MESSAGES, MAX_UNREAD

WITHIN = 30.0
"""Seconds that any message may take."""


def hear(client: ClientConnection) -> dict[str, Any]:
    """Wait for a message."""
    message: dict[str, Any] = json.loads(client.recv(WITHIN))
    return message


def is_cut_off(client: ClientConnection) -> bool:
    """Send too many messages, and tell whether the connection ended before they were all answered.

    Minutes are those of the clock: of twice as many messages, one has too many.
    """
    most = 2 * (MAX_MESSAGES + MAX_UNREAD)
    heard = 0
    with suppress(ConnectionClosed):
        for _ in range(most + 1):
            client.send("{")
        for _ in range(most + 1):
            hear(client)
            heard += 1
    return heard <= most
