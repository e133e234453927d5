"""base64url without padding (RFC 7515, section 2), each value in its one way of writing it."""

from binascii import Error, a2b_base64, b2a_base64

_FROM_URL = bytes.maketrans(b"-_", b"+/")
_TO_URL = bytes.maketrans(b"+/", b"-_")


def decoded(text: bytes) -> bytes:
    """Give the bytes that a text stands for.

    Raises:
        ValueError: it has padding or other characters, or bits at its end that nothing reads.
    """
    try:
        value = a2b_base64(text.translate(_FROM_URL) + b"=" * (-len(text) % 4))
    except Error as error:
        raise ValueError("not base64url") from error
    # The decoder leaves out what it does not know. What is written as it was read had nothing of that.
    if b2a_base64(value, newline=False).rstrip(b"=").translate(_TO_URL) != text:
        raise ValueError("not base64url")
    return value
