"""json: a JSON text (RFC 8259, UTF-8)."""

from codecs import BOM_UTF8

import orjson

from fanin.config.values import MAX_DEPTH, Json, too_deep
from fanin.engine.footprint import fits, memory_for
from fanin.errors import SourceTooLarge, SourceUndecodable


def without_mark(text: bytes) -> bytes:
    """Leave out the byte-order mark before a JSON text, which is no part of it (RFC 8259, section 8.1)."""
    return text.removeprefix(BOM_UTF8)


def json_of(source: str, body: bytes, max_bytes: int) -> Json:
    """Read a body as JSON.

    Args:
        source: the name of the source that it is from.
        body: the body.
        max_bytes: the most bytes that it may have.

    Raises:
        SourceTooLarge: its values would take more memory than `memory_for` allows; nothing was made of it.
        SourceUndecodable: it is not JSON, or nested too deep.
    """
    if not fits(body, memory := memory_for(max_bytes)):
        raise SourceTooLarge(source, f"{source} answered with values that take more than {memory} bytes of memory")
    try:
        value: Json = orjson.loads(without_mark(body))
    except orjson.JSONDecodeError as error:
        raise SourceUndecodable(source, f"{source} answered with something that is not JSON") from error
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and too_deep(value):
        raise SourceUndecodable(source, f"{source} answered with JSON that is nested over {MAX_DEPTH} levels deep")
    return value
