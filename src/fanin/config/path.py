"""An endpoint's method and path, such as `/trip/{city}`: its form, and a request's path read and written by it."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, get_args
from urllib.parse import quote, unquote, urlencode

from pydantic import AfterValidator, WithJsonSchema

from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, name_like, quoted, shortened

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
"""The methods that endpoints have."""

_PATH = LatePattern(r"(?:/(?:[A-Za-z0-9._~-]+|\{[a-z][a-z0-9_]*\}))+")
_PARAMETER = re.compile(r"\{([a-z0-9_]+)\}")


_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
_SLASH_IN_SEGMENT = "\udc2f"
"""Stands for a slash inside of a segment. No decoded path has it: a lone surrogate is not Unicode text."""


def _checked(path: str) -> str:
    if not _PATH.compiled.fullmatch(path):
        raise Mistake("bad-path", f"{quoted(path)} is not a path", _instead_of(path))
    if {".", ".."} & set(path.split("/")):
        raise Mistake("bad-path", "the path has a . or .. segment", "Write the path that it comes to")
    names = parameters_in(path)
    if len(names) != len(set(names)):
        raise Mistake("bad-path", "a parameter stands in it twice", "Give each its own name")
    return path


def _instead_of(path: str) -> str:
    """Say what to write: the path by itself, without what stands around it elsewhere."""
    method, space, rest = path.partition(" ")
    bare = rest.strip() if space and method.upper() in get_args(Method) else path
    bare, mark, query = bare.partition("?") if "?}" not in bare else (bare, "", "")
    scheme, colon, rest = bare.partition("://")
    bare = rest[rest.find("/") :] if colon and scheme in {"http", "https"} and "/" in rest else bare
    meant, form = _meant(bare), "segments of letters, digits and -._~, or whole ones such as /{city}"
    if not _PATH.compiled.fullmatch(meant):
        return f"Write /{form}"
    if space and bare != path and not colon and not mark:
        return f'Write path = "{meant}", and method = "{method.upper()}"'
    if mark:
        names = shortened(", ".join(pair.partition("=")[0] for pair in query.split("&")))
        return f"Write {meant}, and declare what the query has in [endpoints.NAME.parameters]: {names}"
    return f"Write {meant}: {form}"


def _meant(path: str) -> str:
    """Write a path without its slash, or with parameters as other frameworks write them, as fanin does."""
    return "".join(f"/{_meant_segment(segment)}" for segment in path.split("/") if segment)


def _meant_segment(segment: str) -> str:
    if segment[0] in ":<" or (segment[0] == "{" and segment[-1] == "}"):
        inside = segment.strip("{<>} ")
        name = inside.partition(":")[0] if segment[0] == "{" else inside.rpartition(":")[2]  # {id:int}, <int:id>, :id
        return f"{{{name_like(name)}}}"
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
