"""From a source's answer to the value that it holds, by the source's `format`.

To add a format: write its decoder in a file of this folder, add its line to `DECODERS`, and its name
to the key `format` in config/. A decoder is imported when a source has its format.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import MappingProxyType

import orjson

from fanin.config import Source
from fanin.config.values import Json
from fanin.engine.call import NO_CONTENT, Call, InPart, NoContent, Response
from fanin.engine.footprint import memory_for
from fanin.errors import SourceError
from fanin.sources.decoders.json import json_of
from fanin.sources.graphql import data_of
from fanin.sources.links import links_of
from fanin.sources.status import failure, meaning_of, own_meaning

type Decoder = Callable[[str, Response, int], Json]
"""Takes the source's name, a response with its body without its content coding, and the bytes of memory that the value
may take. Raises SourceTooLarge and SourceUndecodable."""

DECODERS: Mapping[str, str] = MappingProxyType(
    {
        "json": "json_of",
        "ndjson": "lines_of",
        "csv": "rows_of",
        "text": "text_of",
        "bytes": "base64_of",
        "xml": "document_of",
        "feed": "feed_of",
    }
)
"""The function that decodes each `format`, in the module of this folder that has the format's name."""

_JSON = "json"


@cache
def decoder_of(form: str) -> Decoder:
    """Import the decoder of a format.

    Args:
        form: its name at `format`.
    """
    decoder: Decoder = getattr(import_module(f"{__name__}.{form}"), DECODERS[form])
    return decoder


def decoded(source: Source, response: Response, call: Call | None = None) -> Json | NoContent | InPart:
    """Read a response: first its status, then its body.

    Args:
        source: the source that it is from.
        response: the whole response.
        call: the call that it answers; None where nothing but the response matters.

    Returns:
        the value, or the response document if the source has `pick_response` or `pages`; `NO_CONTENT` if the status
        says that it is null.

    Raises:
        NotFound, SourceUnavailable, SourceRejected: the status means so, as `meaning_of` and `own_meaning` say.
        SourceTooLarge: its values would take too much memory.
        SourceUndecodable: the body is not in the source's format.
    """
    meaning = meaning_of(source, response)
    room = call.room if call else None
    memory = room.memory if room else memory_for(source.max_bytes)
    if meaning == "value" and source.answers_without_body:
        return response_document(_placed(source, response, call), None) if source.keeps_response else NO_CONTENT
    if meaning == "value":
        if source.format == _JSON:
            body = json_of(source.name, response, memory)
        else:
            body = decoder_of(source.format)(source.name, _placed(source, response, call), memory)
        if source.status_from is not None and response.status < 300:
            meaning, own = own_meaning(source, body)
            if meaning not in {"value", "null"}:
                raise failure(source, response, meaning, body, own=bool(own))
        if room:
            room.take(response.body, orjson.dumps(body))
        if meaning == "value":
            data = data_of(source.name, body) if source.is_graphql else body
            return _with_response(source, _placed(source, response, call), data) if source.keeps_response else data
    if meaning == "null":
        return NO_CONTENT
    raise failure(source, response, meaning, _explanation(source, response, memory))


def _with_response(source: Source, response: Response, data: Json | InPart) -> Json | InPart:
    """Give the response document of a value, which may be there in part."""
    if not isinstance(data, InPart):
        return response_document(response, data)
    if source.pages is not None:  # a page that lacks something may lack items
        raise data.error
    return InPart(response_document(response, data.value), data.error)


def response_document(response: Response, body: Json) -> Json:
    """Give what `pick_response` and `pages` look at.

    Args:
        response: the response, with the URL that it came from.
        body: its body, decoded.
    """
    links: Json = dict(links_of(response.headers.get("link", ""), response.url))
    return {"status": response.status, "headers": dict(response.headers), "links": links, "body": body}


def _placed(source: Source, response: Response, call: Call | None) -> Response:
    """Say where a response came from: never a URL that has a secret, which redirects may have."""
    if call is None or (response.url and not source.secrets):
        return response
    return replace(response, url=call.request.url)


def _explanation(source: Source, response: Response, memory: int) -> Json:
    """Read the body of a failure by its format, or as JSON if it says that it is; None without `problem`."""
    if source.problem is None:
        return None
    told = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = _JSON if told == "application/json" or told.endswith("+json") else source.format
    try:
        return decoder_of(form)(source.name, response, memory)
    except SourceError:
        return None
