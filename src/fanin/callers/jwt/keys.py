"""The keys of an issuer: asked for when they are needed, kept, and asked for again when a token names an unknown one.

A conversation, so that tasks and threads follow the same rules (`fanin.credentials.flows`).
"""

import logging
from dataclasses import dataclass
from functools import lru_cache
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

from fanin.callers.jwt.key_set import MAX_BYTES, BadKeySet, KeySet
from fanin.callers.jwt.strict_json import strict_json
from fanin.config.callers.jwt import Jwt
from fanin.config.template import from_outside
from fanin.config.tls import is_this_machine
from fanin.credentials.flows import Conversation, OneAtATime, SendRequest
from fanin.engine.call import Request, Response
from fanin.engine.outcome import Clock
from fanin.errors import SourceError
from fanin.sources.tls import own_tls_context

FRESH = (300.0, 3600.0)
"""The least and the most seconds for which keys are used without asking again, whatever `Cache-Control` says."""
USABLE = 86_400.0
"""Seconds for which keys are used while the issuer cannot be asked."""
PAUSE = 10.0
"""Seconds until an issuer is asked again that gave no keys."""
UNKNOWN_EVERY = 60.0
"""Seconds between two times that keys are asked for since a token names an unknown one, which anybody can send."""

_DIGITS = 12
"""Digits of a number of seconds."""
_HEADERS = (("Accept", "application/json, application/jwk-set+json"),)

logger = logging.getLogger("fanin")


class KeysUnavailable(Exception):
    """There are no keys to check tokens with; the log has said why.

    Args:
        retry_after: seconds after which they are asked for again.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__("there are no keys")
        self.retry_after = retry_after


class NoKeys(Exception):
    """The issuer gave no keys; the text says why."""


@dataclass(frozen=True, slots=True)
class _Held:
    keys: KeySet
    fresh_until: float
    usable_until: float


class Keys:
    """The keys that one issuer signs with.

    Args:
        settings: who it is, and where its keys are.
        clock: gives seconds.
    """

    def __init__(self, settings: Jwt, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._held: _Held | None = None
        self._asking = False
        self._paused_until = -PAUSE
        self._unknown_until = -UNKNOWN_EVERY
        self._unknown_failed = False

    def current(self) -> Conversation[KeySet]:
        """Give the keys: those that are kept, or new ones.

        While others ask for newer ones, or the issuer gave none a moment ago, older ones are used without waiting.

        Raises:
            KeysUnavailable: there are none that may be used.
        """
        held, now = self._held, self._clock()
        if held and now < held.fresh_until:
            return held.keys
        if held and now < held.usable_until and (self._asking or now < self._paused_until):
            return held.keys
        keys: KeySet = yield OneAtATime(self, self._renewed())
        return keys

    def after_unknown(self, seen: KeySet) -> Conversation[KeySet]:
        """Give newer keys than those among which a token's is not; or the same, if they are all that may be asked for.

        Args:
            seen: the keys among which it is not.

        Raises:
            KeysUnavailable: the issuer cannot be asked, so that nobody knows whether it has such a key.
        """
        keys: KeySet = yield OneAtATime(self, self._rotated(seen))
        return keys

    def _renewed(self) -> Conversation[KeySet]:
        held, now = self._held, self._clock()
        if held and now < held.fresh_until:  # another got them while this one waited for its turn
            return held.keys
        usable = held if held and now < held.usable_until else None
        if now < self._paused_until:
            if usable:
                return usable.keys
            raise KeysUnavailable(self._paused_until - now)
        try:
            return (yield from self._fetched()).keys
        except NoKeys:
            if usable:
                return usable.keys
            raise KeysUnavailable(PAUSE) from None

    def _rotated(self, seen: KeySet) -> Conversation[KeySet]:
        held, now = self._held, self._clock()
        if held and held.keys.digest != seen.digest:
            return held.keys
        if now < self._unknown_until:
            if self._unknown_failed:
                raise KeysUnavailable(self._unknown_until - now)
            return seen
        self._unknown_until, self._unknown_failed = now + UNKNOWN_EVERY, True
        try:
            keys = (yield from self._fetched()).keys
        except NoKeys:
            raise KeysUnavailable(self._unknown_until - self._clock()) from None
        self._unknown_failed = False
        return keys

    def _fetched(self) -> Conversation[_Held]:
        self._asking = True
        try:
            keys, response = yield from asked_for(self._settings)
        except NoKeys as failure:
            logger.warning("tokens of %s cannot be checked with new keys: %s", self._settings.issuer, failure)
            self._paused_until = self._clock() + PAUSE
            raise
        finally:
            self._asking = False
        now = self._clock()
        if self._held and self._held.keys.digest == keys.digest:
            keys = self._held.keys
        self._held = _Held(keys, now + _fresh_for(response), now + USABLE)
        self._paused_until = now
        return self._held


def described(settings: Jwt) -> Conversation[dict[str, Any]]:
    """Ask an issuer how it describes itself (OpenID Connect Discovery 1.0, section 4).

    Args:
        settings: who it is.

    Raises:
        NoKeys: it does not say it, or of another than itself.
    """
    response = yield from _answer(settings, settings.discovery, "description")
    try:
        document: Any = strict_json(response.body)
    except ValueError as error:
        raise NoKeys("the issuer's description is not JSON, or not clear JSON") from error
    named = document.get("issuer") if isinstance(document, dict) else None
    if not isinstance(document, dict) or named != settings.issuer:
        raise NoKeys(f"the issuer's description is of another issuer, {named!r:.200}: compare every character")
    return document


def asked_for(settings: Jwt, description: dict[str, Any] | None = None) -> Conversation[tuple[KeySet, Response]]:
    """Ask for an issuer's keys, and for where they are unless that is said.

    Args:
        settings: who it is, and where its keys are.
        description: how it describes itself, if it has been asked already.

    Raises:
        NoKeys: it gave none.
    """
    if settings.keys:
        url = settings.keys.expand({})
    else:
        url = _keys_url(settings, description or (yield from described(settings)))
    response = yield from _answer(settings, url, "keys")
    try:
        return KeySet.read(response.body, settings.algorithms), response
    except BadKeySet as failure:
        raise NoKeys(str(failure)) from failure


def _keys_url(settings: Jwt, description: dict[str, Any]) -> str:
    try:
        url = from_outside(description["jwks_uri"])
    except (KeyError, ValueError, AttributeError) as error:
        raise NoKeys("the issuer's description does not say where its keys are") from error
    parts = urlsplit(url)
    in_clear = settings.private and (settings.tls is None or is_this_machine(parts.hostname or ""))
    if parts.scheme != "https" and not in_clear:
        raise NoKeys("the issuer's keys are not behind https")
    return url


def _answer(settings: Jwt, url: str, what: str) -> Conversation[Response]:
    """Ask for one of the issuer's documents. No redirect is followed: keys come from where they are said to be."""
    tls = _trusting(settings.tls.ca.pem) if settings.tls else None
    try:
        response: Response = yield SendRequest(Request("GET", url, _HEADERS, tls=tls))
    except SourceError as error:
        raise NoKeys(f"the issuer's {what}: {error.detail}") from error
    except TimeoutError as error:
        raise NoKeys(f"the issuer's {what}: no answer in time") from error
    if response.status != 200:
        raise NoKeys(f"the issuer's {what}: it answered with status {response.status}")
    if len(response.body) > MAX_BYTES:
        raise NoKeys(f"the issuer's {what}: over {MAX_BYTES} bytes")
    return response


@lru_cache(maxsize=16)
def _trusting(authorities: str) -> SSLContext:
    """Make the context that trusts these, once: connections are kept by it."""
    return own_tls_context(authorities)


def _fresh_for(response: Response) -> float:
    """Give the seconds for which keys are used without asking again (RFC 9111, section 4.2)."""
    least, most = FRESH
    told = dict[str, str]()
    for directive in response.headers.get("cache-control", "").lower().split(","):
        name, _, value = directive.partition("=")
        told.setdefault(name.strip(), value.strip(' "'))
    if told.keys() & {"no-cache", "no-store"}:
        return least
    lifetime, age = _seconds(told.get("max-age", "")), _seconds(response.headers.get("age", ""))
    return most if lifetime is None else min(max(lifetime - (age or 0.0), least), most)


def _seconds(text: str) -> float | None:
    """Read whole seconds; None if the text says none."""
    return float(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
