"""Why a caller is not let in, as HTTP says it (RFC 6750, section 3)."""

import math
from collections.abc import Sequence

from fanin.errors import RequestError


class CallerRefused(RequestError):
    """The caller is not let in.

    Args:
        status: the HTTP status of the answer.
        problem: the last segment of the problem's type.
        title: the problem's title.
        detail: what is wrong; it has nothing of a token.
        headers: of the answer.
    """

    def __init__(
        self,
        status: int,
        problem: str,
        title: str,
        detail: str,
        *,
        headers: Sequence[tuple[str, str]],
    ) -> None:
        super().__init__(status, problem, title, detail)
        self.headers = tuple(headers)


def no_token(realm: str) -> CallerRefused:
    """Refuse a request without a token: it is told how to ask, and no error (RFC 6750, section 3.1)."""
    return _unauthenticated("send a token: Authorization: Bearer …", _challenge(realm))


def bad_token(realm: str, why: str) -> CallerRefused:
    """Refuse a token.

    Args:
        realm: the caller's name in fanin.toml.
        why: what is wrong with it, in words of fanin's own.
    """
    return _unauthenticated(why, _challenge(realm, error="invalid_token", error_description=why))


def scopes_missing(realm: str, scopes: Sequence[str]) -> CallerRefused:
    """Refuse a good token that lacks scopes.

    Args:
        realm: the caller's name in fanin.toml.
        scopes: all that are needed.
    """
    why = f"the token needs {'these scopes' if len(scopes) > 1 else 'the scope'}: {' '.join(scopes)}"
    challenge = _challenge(realm, error="insufficient_scope", error_description=why, scope=" ".join(scopes))
    return CallerRefused(403, "not-allowed", "Not allowed", why, headers=[challenge])


def keys_unavailable(retry_after: float) -> CallerRefused:
    """Say that no token can be checked now; `retry_after` is the seconds after which keys are asked for again."""
    headers = [("Retry-After", str(max(1, math.ceil(retry_after))))]
    detail = "the keys that tokens are checked with cannot be had now"
    return CallerRefused(503, "callers-unavailable", "Callers unavailable", detail, headers=headers)


def _unauthenticated(detail: str, challenge: tuple[str, str]) -> CallerRefused:
    return CallerRefused(401, "not-authenticated", "Not authenticated", detail, headers=[challenge])


def _challenge(realm: str, **parameters: str) -> tuple[str, str]:
    """Write the header; no value has a quote or a backslash, as all are words of fanin's or checked in the file."""
    told = ", ".join(f'{name}="{value}"' for name, value in {"realm": realm, **parameters}.items())
    return "WWW-Authenticate", f"Bearer {told}"
