"""How a request is refused for its path, its method, who asks, or its body, before any source is called."""

from collections.abc import Collection, Mapping

from fanin.errors import RequestError

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
"""The methods of HTTP that are served, in the order in which a refusal names them."""

NOBODY = (401, 403)
"""Statuses by which whoever is not one of some callers is refused; it may be one of others."""


def unknown_path() -> RequestError:
    """Refuse a path that is not served."""
    return RequestError(404, "unknown-path", "Unknown path", "nothing is served at this path")


def wrong_method(allow: Collection[str]) -> RequestError:
    """Refuse a method, naming those that the path takes, always in the same order: HEAD wherever GET."""
    taken = {*allow, "HEAD"} if "GET" in allow else {*allow}
    allow = [*(method for method in METHODS if method in taken), *sorted(taken.difference(METHODS))]
    methods = ", ".join(allow)
    detail = f"this path takes {methods}"
    return RequestError(405, "wrong-method", "Wrong method", detail, headers=[("Allow", methods)])


def not_authenticated(detail: str, challenge: str) -> RequestError:
    """Refuse a request of which it is not known who asks.

    Args:
        detail: what is missing or wrong; nothing of the credentials.
        challenge: what `WWW-Authenticate` says (RFC 9110, section 11.6.1).
    """
    headers = [("WWW-Authenticate", challenge)]
    return RequestError(401, "not-authenticated", "Not authenticated", detail, headers=headers)


def not_allowed(detail: str, challenge: str = "") -> RequestError:
    """Refuse who asks, and say what is missing; a `challenge` says it to programs (RFC 6750, section 3.1)."""
    headers = [("WWW-Authenticate", challenge)] if challenge else []
    return RequestError(403, "not-allowed", "Not allowed", detail, headers=headers)


def callers_unavailable(detail: str, retry_after: int = 1) -> RequestError:
    """Refuse a request of which nobody can say at present who asks; `retry_after` is in seconds."""
    headers = [("Retry-After", str(retry_after))]
    return RequestError(503, "callers-unavailable", "Callers unavailable", detail, headers=headers)


def bad_input(violations: Mapping[str, str]) -> RequestError:
    """Refuse a body that is JSON and not as the endpoint's `input` says.

    Args:
        violations: what is wrong, by JSON pointer.
    """
    detail = "; ".join(f"{pointer or 'the body'}: {message}" for pointer, message in violations.items())
    return RequestError(422, "bad-input", "Bad input", detail, violations=violations)
