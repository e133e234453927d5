"""The page that shows the API's description, and tries it: one file that asks nothing of any other server."""

import base64
import hashlib
import re
from pathlib import Path

from fanin.contract.answers import Answer

_PAGE = Path(__file__).with_name("docs.html")
_INLINE = {kind: re.compile(rf"<{kind}>(.*?)</{kind}>", re.DOTALL) for kind in ("style", "script")}


def page(request_id: str) -> Answer:
    """Answer with the page.

    It finds the description, and the endpoints, beside its own address: it is right behind any prefix.

    Args:
        request_id: the id under which the request is logged.
    """
    content = _PAGE.read_text(encoding="utf-8")
    return Answer(
        200,
        (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", _policy(content)),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-Id", request_id),
        ),
        content.encode(),
    )


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
