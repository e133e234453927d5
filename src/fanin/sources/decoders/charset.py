"""From a body's bytes to its text: by its byte-order mark, by what declares its charset, or as UTF-8."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from types import MappingProxyType

from fanin.engine.call import Response
from fanin.errors import SourceUndecodable

CHARSETS: Mapping[str, str] = MappingProxyType(
    {
        "ascii": "ascii",
        "big5": "big5",
        "euc-jp": "euc_jp",
        "euc-kr": "euc_kr",
        "gb18030": "gb18030",
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "iso-8859-1": "latin_1",
        "iso-8859-15": "iso8859_15",
        "iso-8859-2": "iso8859_2",
        "koi8-r": "koi8_r",
        "latin1": "latin_1",
        "shift_jis": "shift_jis",
        "us-ascii": "ascii",
        "utf-16": "utf_16_le",
        "utf-16be": "utf_16_be",
        "utf-16le": "utf_16_le",
        "utf-8": "utf_8",
        "utf8": "utf_8",
        "windows-1250": "cp1250",
        "windows-1251": "cp1251",
        "windows-1252": "cp1252",
    }
)
"""The charsets that are read, each with Python's codec: none that keeps a state or hides ASCII."""

_MARKS = ((BOM_UTF8, "utf_8"), (BOM_UTF16_LE, "utf_16_le"), (BOM_UTF16_BE, "utf_16_be"))
_DECLARED = re.compile(rb"encoding\s*+=\s*+[\"']([A-Za-z0-9._-]++)")
_DECLARATION = 256
"""Bytes at the beginning in which an XML declaration is looked for."""


def text_in(source: str, response: Response, *, xml: bool = False) -> str:
    """Give a body's text, without a byte-order mark.

    A mark goes before the Content-Type's charset, and that before an XML declaration (RFC 7303, section 3).

    Args:
        source: the name of the source that it is from.
        response: the response.
        xml: whether an XML declaration counts.

    Raises:
        SourceUndecodable: the charset is not known, or the bytes are not of it.
    """
    body = response.body
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return _decoded(source, body[len(mark) :], codec)
    charset = _charset_of(response.headers.get("content-type", "")) or (xml and _declared_in(body)) or "utf-8"
    codec = CHARSETS.get(charset, "")
    if not codec:
        raise SourceUndecodable(source, f"{source} answered in a charset that fanin does not read")
    return _decoded(source, body, codec)


def _decoded(source: str, body: bytes, codec: str) -> str:
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        raise SourceUndecodable(source, f"{source} answered with bytes that are not of its charset") from error


def _charset_of(content_type: str) -> str:
    """Give the charset of a Content-Type in lower case; empty without one."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'").lower()
    return ""


def _declared_in(body: bytes) -> str:
    """Give the charset of an XML declaration in lower case; empty without one."""
    head = body[:_DECLARATION]
    if not head.startswith(b"<?xml"):
        return ""
    found = _DECLARED.search(head.partition(b"?>")[0])
    return found[1].decode("ascii").lower() if found else ""
