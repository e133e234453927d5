"""Answers that are a source's own: its bytes, with its status and Content-Type."""

from base64 import b64decode

from fanin.config.format import Passthrough
from fanin.contract.answers import Answer
from fanin.contract.headers import NOT_KEPT, Headers
from fanin.engine.result import Result

_BYTES = "application/octet-stream"
_NO_CONTENT = 204


def passed_through(result: Result, passthrough: Passthrough, request_id: str, headers: Headers) -> Answer:
    """Answer as the source did, with the headers of its answer that fanin.toml names.

    Args:
        result: what the request came to; the source has a value.
        passthrough: what fanin.toml says.
        request_id: the id under which the request is logged.
        headers: of the contract, and of the endpoint.
    """
    outcome = result.outcomes[passthrough.source]
    given = {name: text for name, text in outcome.headers.items() if text.isascii() and text.isprintable()}
    kept = [(name, given[name.lower()]) for name in passthrough.headers if name.lower() in given]
    always = (*NOT_KEPT, ("X-Content-Type-Options", "nosniff"), ("X-Request-Id", request_id), *headers, *kept)
    if not isinstance(outcome.value, str):
        return Answer(_NO_CONTENT, always, b"")
    status = outcome.status if outcome.state == "fresh" else 200
    return Answer(status, (("Content-Type", given.get("content-type", _BYTES)), *always), b64decode(outcome.value))
