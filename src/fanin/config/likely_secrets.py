"""Which texts of a request are secrets, told by their names and by what they look like."""

import string
from itertools import pairwise

_NAMES = frozenset(
    (
        *("authorization", "auth", "apikey", "key", "token", "secret", "password", "passwd", "pwd", "pass"),
        *("signature", "sig", "credential", "credentials", "session", "sessionid", "sid", "appid", "cookie", "bearer"),
        *("jwt", "csrf", "xsrf", "subscriptionkey", "accesskey", "pin"),
    )
)
"""Words in the name of what is a secret."""
_PUBLIC = frozenset(("keyword", "keywords", "idempotency-key", "sort_key", "page_token", "pagetoken", "next_token"))
_PREFIXES = (
    "sk_",
    "pk_",
    "rk_",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "xoxb-",
    "xoxp-",
    "eyJ",
    "AKIA",
    "AIza",
    "glpat-",
    "fanin_",
)
"""What known kinds of keys begin with."""
_LETTERS = frozenset(string.ascii_letters + string.digits + "_-+/=.:~")
_LONG = 20
"""Characters from which on a text of letters and digits is taken for a key."""
_UUID_LENGTHS = [8, 4, 4, 4, 12]


def is_secret(name: str, value: str) -> bool:
    """Whether a value of a request, such as a header's, is taken for a secret.

    Args:
        name: the header's, the parameter's or the field's.
        value: its value.
    """
    if not value or name.lower() in _PUBLIC:
        return False
    return names_secret(name) or looks_secret(value)


def names_secret(name: str) -> bool:
    """Whether a name is that of a secret, such as `X-Api-Key` or `access_token`."""
    spaced = "".join(c.lower() if c.isalnum() else " " for c in _spaced(name))
    words = spaced.split()
    pairs = [first + second for first, second in pairwise(words)]
    return not _NAMES.isdisjoint((*words, *pairs))


def _spaced(name: str) -> str:
    """Part the words of `accessToken`."""
    return "".join(
        f" {c}" if c.isupper() and position and name[position - 1].islower() else c
        for position, c in enumerate(name[:200])
    )


def looks_secret(value: str) -> bool:
    """Whether a text looks like a key: one of a known kind, or long, and letters and digits without words."""
    if value.startswith(_PREFIXES) and len(value) >= _LONG:
        return True
    if (
        len(value) < _LONG
        or not _LETTERS.issuperset(value)
        or [len(part) for part in value.split("-")] == _UUID_LENGTHS
    ):
        return False
    digits = sum(c.isdigit() for c in value)
    changes = sum(first.isdigit() != second.isdigit() for first, second in pairwise(value) if second.isalnum())
    return 2 < digits < len(value) and changes > 3 and "://" not in value and not _is_moment(value)


def _is_moment(value: str) -> bool:
    """Whether a text is a date with a time, such as `2026-01-01T12:00:00Z`."""
    return value[:4].isdecimal() and value[4:5] == "-" and value[10:11] in ("T", "_")
