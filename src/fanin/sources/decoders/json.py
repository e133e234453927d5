"""json: a JSON text (RFC 8259, UTF-8)."""

from codecs import BOM_UTF8

import orjson

from fanin.config.values import MAX_DEPTH, Json, is_too_deep, too_deep
from fanin.engine.call import Response
from fanin.engine.footprint import fits
from fanin.errors import SourceTooLarge, SourceUndecodable


def without_mark(text: bytes) -> bytes:
    """Leave out the byte-order mark before a JSON text, which is no part of it (RFC 8259, section 8.1)."""
    return text.removeprefix(BOM_UTF8)


def value_of(source: str, response: Response, memory: int) -> Json:
    """Read a body as JSON, whatever its Content-Type says.

    Args:
        source: the name of the source that it is from.
        response: the response with the body.
        memory: the most bytes of memory that its values may take.

    Raises:
        SourceTooLarge: its values would take more; nothing was made of it.
        SourceUndecodable: it is not JSON, or nested too deep.
    """
    text = without_mark(response.body)
    is_suspect = may_be_deep(text)
    if not fits(text, memory):
        raise too_large(source, memory)
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise undecodable(source, error) from error
    return not_too_deep(source, value) if is_suspect else value


def may_be_deep(text: bytes) -> bool:
    """Whether a JSON text has brackets enough to be nested too deep; the value of any other need not be looked at."""
    return text.count(b"[") + text.count(b"{") >= MAX_DEPTH


def not_too_deep(source: str, value: Json) -> Json:
    """Give a value back.

    Raises:
        SourceUndecodable: it is nested too deep.
    """
    if too_deep(value):
        raise _nested(source)
    return value


def undecodable(source: str, error: orjson.JSONDecodeError, where: str = "") -> SourceUndecodable:
    """Make the error of a text that is not JSON, or is nested deeper than orjson reads.

    Args:
        source: the name of the source that it is from.
        error: what orjson says.
        where: what follows the message, such as ` in line 2`.
    """
    if is_too_deep(error):
        return _nested(source)
    return SourceUndecodable(source, f"{source} answered with something that is not JSON{where}")


def _nested(source: str) -> SourceUndecodable:
    return SourceUndecodable(source, f"{source} answered with JSON that is nested over {MAX_DEPTH} levels deep")


def too_large(source: str, memory: int) -> SourceTooLarge:
    """Make the error of a body whose values would take too much memory."""
    return SourceTooLarge(source, f"{source} answered with values that take more than {memory} bytes of memory")
