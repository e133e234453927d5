"""An endpoint's method and path, such as `/trip/{city}`: its form, and a request's path read and written by it."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from urllib.parse import quote, unquote, urlencode

from pydantic import AfterValidator, WithJsonSchema

from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, name_like, quoted

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
"""The methods that endpoints have."""

_PATH = LatePattern(r"(?:/(?:[A-Za-z0-9._~-]+|\{[a-z][a-z0-9_]*\}))+")
_PARAMETER = re.compile(r"\{([a-z0-9_]+)\}")


_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
_SLASH_IN_SEGMENT = "\udc2f"
"""Stands for a slash inside of a segment. No decoded path has it: a lone surrogate is not Unicode text."""


def _checked(path: str) -> str:
    if not _PATH.compiled.fullmatch(path):
        meant = _meant(path)
        fix = "segments of letters, digits and -._~, or whole ones such as /{city}"
        fix = f"Write {meant}: {fix}" if _PATH.compiled.fullmatch(meant) else f"Write /{fix}"
        raise Mistake("bad-path", f"{quoted(path)} is not a path", fix)
    if {".", ".."} & set(path.split("/")):
        raise Mistake("bad-path", "the path has a . or .. segment", "Write the path that it comes to")
    names = parameters_in(path)
    if len(names) != len(set(names)):
        raise Mistake("bad-path", "a parameter stands in it twice", "Give each its own name")
    return path


def _meant(path: str) -> str:
    """Write a path without its slash, or with parameters as other frameworks write them, as fanin does."""
    return "".join(f"/{_meant_segment(segment)}" for segment in path.split("/") if segment)


def _meant_segment(segment: str) -> str:
    if segment[0] in ":<" or (segment[0] == "{" and segment[-1] == "}"):
        return f"{{{name_like(segment.rpartition(':')[2].strip('{<>} '))}}}"
    return segment


EndpointPath = Annotated[
    str, AfterValidator(_checked), WithJsonSchema({"type": "string", "pattern": f"^{_PATH.text}$"})
]


def parameters_in(path: str) -> tuple[str, ...]:
    """Give the names of the parameters in an endpoint's path, in their order."""
    return tuple(_PARAMETER.findall(path))


def pattern_of(path: str) -> str:
    """Write an endpoint's path as a regular expression for decoded paths, with a group for each parameter."""
    return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))


def decoded_path(raw: str) -> str:
    """Decode a request's path once, so that it still has its segments: an encoded slash separates none.

    Args:
        raw: the path, percent-encoded.

    Returns:
        the path as `pattern_of` matches it; what it matches is for `decoded_segment`.
    """
    return unquote(_ENCODED_SLASH.sub(_SLASH_IN_SEGMENT, raw)) if "%" in raw else raw


def decoded_segment(segment: str) -> str:
    """Give the text of a segment of a path that `decoded_path` gave."""
    return segment.replace(_SLASH_IN_SEGMENT, "/")


def filled(path: str, segments: Mapping[str, str]) -> str:
    """Put the segments that a path's pattern found back into the path.

    Args:
        path: the endpoint's.
        segments: each parameter's, as `pattern_of` found it.
    """
    return _PARAMETER.sub(lambda found: segments[found[1]], path)


def target_of(path: str, segments: Mapping[str, str], query: Sequence[tuple[str, str]]) -> str:
    """Write the path and query of a request, percent-encoded.

    Args:
        path: the endpoint's.
        segments: the text of each parameter in it.
        query: keys and values.
    """
    encoded = {name: quote(text, safe="") for name, text in segments.items()}
    return filled(path, encoded) + (f"?{urlencode(query, quote_via=quote)}" if query else "")
