"""The input of a request: its body, read as JSON and held to the endpoint's schema."""

from codecs import BOM_UTF8
from collections.abc import Mapping

import orjson

from fanin.config.schemas import JsonSchema
from fanin.config.values import MAX_DEPTH, Json, is_too_deep, too_deep
from fanin.engine.footprint import fits, memory_for
from fanin.engine.refusals import bad_input
from fanin.errors import RequestError


def read(schema: JsonSchema, headers: Mapping[str, str], body: bytes) -> Json:
    """Read a client's body.

    Args:
        schema: the endpoint's `input`.
        headers: the client's, names in lower case.
        body: the bytes, within the limits of a request.

    Raises:
        RequestError: 415 for another content type, 400 for no JSON, 413 for values that take too much memory, 422 for
            JSON that is not as the schema says.
    """
    check_media_type(headers)
    if not fits(body, memory := memory_for(len(body))):
        detail = f"the body's values take over {memory} bytes of memory"
        raise RequestError(413, "body-too-large", "Body too large", detail)
    try:
        given: Json = orjson.loads(body.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError as error:
        if is_too_deep(error):
            raise _nested() from error
        raise RequestError(400, "malformed-body", "Malformed body", "the body is not JSON") from error
    return checked(schema, given)


def check_media_type(headers: Mapping[str, str]) -> None:
    """Check that a body is said to be JSON: no page on another origin sends that without being permitted to.

    Args:
        headers: the client's, names in lower case.

    Raises:
        RequestError: 415 for another content type, or none.
    """
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        detail = "send the body as application/json"
        raise RequestError(415, "unsupported-media-type", "Unsupported media type", detail)


def checked(schema: JsonSchema, given: Json) -> Json:
    """Give an input back that is as its schema says.

    Raises:
        RequestError: it is not, or is nested too deep.
    """
    if too_deep(given):
        raise _nested()
    if not schema.takes(given):
        raise bad_input(schema.violations(given))
    return given


def _nested() -> RequestError:
    return bad_input({"": f"it is nested over {MAX_DEPTH} levels deep"})
