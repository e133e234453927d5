"""The signature of a callback, as Standard Webhooks has it: https://www.standardwebhooks.com."""

import base64
import binascii
import hmac

_PREFIX = "whsec_"
_LEAST, _MOST = 24, 64
"""Bytes of a secret."""


def secret_bytes(secret: str) -> bytes:
    """Read a secret, `whsec_` and base64.

    Raises:
        ValueError: it is none.
    """
    try:
        decoded = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook's secret is whsec_ and base64") from error
    if not secret.startswith(_PREFIX) or not _LEAST <= len(decoded) <= _MOST:
        raise ValueError(f"a webhook's secret is whsec_ and the base64 of {_LEAST} to {_MOST} bytes")
    return decoded


def signed(message_id: str, body: bytes, *, secret: str, now: float) -> tuple[tuple[str, str], ...]:
    """Give the headers that a receiver verifies.

    Args:
        message_id: the same at every delivery of the same event: what receivers know repetitions by.
        body: what is sent.
        secret: what the receiver knows too.
        now: when it is sent, in seconds since the epoch; receivers refuse what is old.

    Raises:
        ValueError: the secret is none.
    """
    timestamp = str(int(now))
    digest = hmac.digest(secret_bytes(secret), f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return (
        ("webhook-id", message_id),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", f"v1,{base64.b64encode(digest).decode()}"),
    )
