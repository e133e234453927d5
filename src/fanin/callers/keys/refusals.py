"""How a request is refused whose API key is missing or not good."""

from collections.abc import Sequence

from fanin.errors import RequestError

RETRY_AFTER = 1.0
"""Seconds after which to ask again where the place of the keys did not answer."""


class CallerRefused(RequestError):
    """Who asks is not known, or may not.

    Args:
        challenge: the value of `WWW-Authenticate` (RFC 9110, section 11.6.1); empty for none.
        retry_after: seconds after which asking again may help; None where it does not.
    """

    def __init__(  # noqa: PLR0913 - a problem's members, and what its headers say
        self,
        status: int,
        problem: str,
        title: str,
        detail: str,
        *,
        challenge: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(status, problem, title, detail)
        self.challenge = challenge
        self.retry_after = retry_after


def unauthenticated(caller: str, header: str, detail: str) -> CallerRefused:
    """Refuse a request without a good key.

    `ApiKey` is no registered scheme; RFC 9110 wants a scheme with every 401, and none is for a header of its own.

    Args:
        caller: the name of the table of fanin.toml, which is the realm.
        header: where the key belongs.
        detail: what is wrong.
    """
    challenge = f'ApiKey realm="{caller}", header="{header}"'
    return CallerRefused(401, "not-authenticated", "Not authenticated", detail, challenge=challenge)


def missing_scopes(scopes: Sequence[str]) -> CallerRefused:
    """Refuse a key that may not do this."""
    return CallerRefused(403, "not-allowed", "Not allowed", f"the API key lacks {', '.join(scopes)}")


def unavailable() -> CallerRefused:
    """Refuse a request of which nobody can say who made it."""
    detail = "API keys cannot be checked at present"
    return CallerRefused(503, "callers-unavailable", "Callers unavailable", detail, retry_after=RETRY_AFTER)
