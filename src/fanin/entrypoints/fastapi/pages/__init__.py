"""The pages that the gateway serves: each one file once it is put together, which asks nothing of any other server."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from fanin.contract.answers import Answer

_FOLDER = Path(__file__).parent
_PART = re.compile(r"/\* part: ([a-z_]{1,40}\.(?:css|js)) \*/")
_INLINE = {kind: re.compile(rf"<{kind}>(.*?)</{kind}>", re.DOTALL) for kind in ("style", "script")}


def page(name: str, request_id: str) -> Answer:
    """Answer with a page.

    It finds the description, and the endpoints, beside its own address: it is right behind any prefix.

    Args:
        name: the page's.
        request_id: the id under which the request is logged.
    """
    content, policy = _put_together(name)
    return Answer(
        200,
        (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", policy),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-Id", request_id),
        ),
        content.encode(),
    )


@cache
def _put_together(name: str) -> tuple[str, str]:
    """Give a page with its styles and scripts in it, and its policy."""
    text = (_FOLDER / f"{name}.html").read_text(encoding="utf-8")
    content = _PART.sub(lambda part: (_FOLDER / part[1]).read_text(encoding="utf-8"), text)
    return content, _policy(content)


def _policy(content: str) -> str:
    """Permit the page's own style and script, by their digests, and requests to its own origin; nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            *(f"{kind}-src {_digests(inline.findall(content))}" for kind, inline in _INLINE.items()),
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _digests(inline: list[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in inline)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
