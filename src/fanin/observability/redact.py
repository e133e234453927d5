"""What no log line shows: secrets, whatever looks like a credential, and internal addresses."""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address

from fanin.config.late_pattern import LatePattern
from fanin.sources.address import AddressGuard

type Redact = Callable[[str], str]
"""Gives a text without what must not be seen."""

HIDDEN = "***"
"""What stands in the place of what is hidden."""

_CREDENTIALS = (
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "access-key",
    "accesskey",
    "private_key",
    "private-key",
    "credential",
    "signature",
)
_CREDENTIAL = "|".join(_CREDENTIALS)
_NAMES_CREDENTIAL = re.compile(rf"(?i){_CREDENTIAL}|authorization|cookie")
_INTERNAL = (".internal", ".intranet", ".corp", ".lan", ".localdomain", ".home.arpa", ".cluster.local")
_SEPARATOR = r"""(?:\s{0,4}[:=]\s{0,4}|["']\s{0,4}[:=,]\s{0,4})(?:b(?=["']))?"""

_PATTERNS = [
    (
        ("private key-----",),
        LatePattern(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END|\Z)", re.DOTALL),
        HIDDEN,
    ),
    # Headers, as text, pair or item of a dictionary: all of the value, to the end of its quotes or line.
    (
        ("authorization", "cookie"),
        LatePattern(rf"(?i)((?:authorization|cookie){_SEPARATOR}[\"']?)[^\"'\r\n]+"),
        rf"\1{HIDDEN}",
    ),
    # The credentials of RFC 9110, where no header's name stands before them.
    (
        ("bearer", "basic", "digest", "negotiate"),
        LatePattern(r"(?i)\b(bearer|basic|digest|negotiate)\s{1,4}[a-z0-9._~+/=-]{8,}"),
        rf"\1 {HIDDEN}",
    ),
    # User info of a URL, RFC 3986.
    (("@",), LatePattern(r"://[^\s/?#\"'<>]+@"), f"://{HIDDEN}@"),
    # Parameters of a query whose name says that they are a credential.
    (
        ("=",),
        LatePattern(
            rf"(?i)([?&](?:[\w.%-]{{0,40}}?(?:{_CREDENTIAL}|key|auth|session|jwt|ticket)[\w.%-]{{0,40}}|sig|code|sid|app_?id)=)"
            r"[^&#\s\"'<>]+"
        ),
        rf"\1{HIDDEN}",
    ),
    # Whatever else is named like one.
    (
        _CREDENTIALS,
        LatePattern(rf"(?i)((?:{_CREDENTIAL})[\w-]{{0,40}}{_SEPARATOR})(?:([\"'])[^\"'\r\n]+|[^\s\"',;&)}}\]]+)"),
        rf"\1\2{HIDDEN}",
    ),
    # JSON Web Tokens (RFC 7519), fanin's own API keys but for their ids, and the ids of AWS's keys.
    (("eyj",), LatePattern(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), HIDDEN),
    (("fanin_",), LatePattern(r"(fanin_[a-z2-7]{12})_[0-9A-Za-z]{8,}"), rf"\1_{HIDDEN}"),
    (("akia", "asia"), LatePattern(r"(?:AKIA|ASIA)[A-Z0-9]{16}"), HIDDEN),
    # Names that only an internal network knows.
    (
        _INTERNAL,
        LatePattern(rf"(?i)(?<![\w.-])(?:[\w-]+\.)*[\w-]+(?:{'|'.join(map(re.escape, _INTERNAL))})(?![\w-])"),
        HIDDEN,
    ),
]
"""For each kind: what a text has, in lower case, if it has any; how it is found; what is shown instead.

Every one is linear in the text: what may be long begins at a fixed place or is bounded.
"""
_HARMLESS = re.compile(r"[A-Za-z0-9_]{0,15}")
"""Short words and numbers, which no pattern finds anything in."""
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?!\d)|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]{0,15}(?![\w:]))"
)
_REMEMBERED = 1000
"""Characters of a text that is looked through once only, as long as it comes again soon."""
_PUBLIC = AddressGuard()
_ANY_PORT = 443


@lru_cache(maxsize=1024)
def names_credential(name: object) -> bool:
    """Find out whether what stands under a name is a credential."""
    return isinstance(name, str) and bool(_NAMES_CREDENTIAL.search(name))


def redactor(known: Redact = str) -> Redact:
    """Make what hides credentials and internal addresses.

    Args:
        known: hides the secrets that this function knows, before anything else is looked for.
    """

    def redact(text: str) -> str:
        text = known(text)
        return _shown_again(text) if len(text) <= _REMEMBERED else _shown(text)

    return redact


def _shown(text: str) -> str:
    """Hide what looks like a credential or an internal address."""
    if _HARMLESS.fullmatch(text):
        return text
    lower = text.lower()
    for needles, pattern, shown in _PATTERNS:
        for needle in needles:
            if needle in lower:
                text = pattern.compiled.sub(shown, text)
                break
    return _ADDRESS.sub(_address, text) if text.count(".") > 2 or text.count(":") > 1 else text


_shown_again = lru_cache(maxsize=256)(_shown)
"""The texts of most lines come again: a method, a path, what a source came to."""


def _address(found: re.Match[str]) -> str:
    """Hide an address that is not public; what only looks like one, such as a time of day, stays."""
    try:
        public = _PUBLIC.permits(ip_address(found[0]), _ANY_PORT)
    except ValueError:
        return found[0]
    return found[0] if public else HIDDEN
