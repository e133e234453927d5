"""From a request's headers to what its token says: the way in of callers with a JSON Web Token."""

from collections.abc import Callable, Mapping

from fanin.callers.jwt.keys import Keys, KeysUnavailable
from fanin.callers.jwt.known import Known
from fanin.callers.jwt.refusals import bad_token, keys_unavailable, no_token, scopes_missing
from fanin.callers.jwt.verify import TokenRefused, UnknownKey, Verified, verified
from fanin.config.callers.jwt import Jwt
from fanin.credentials.flows import Conversation
from fanin.engine.outcome import Clock

_WAITED = 1.0
"""Seconds that a client is asked to wait whose request had no time left to wait for keys."""


class JwtCaller:
    """Tells who asks by a token.

    Args:
        name: the caller's name in fanin.toml, which challenges have as their realm.
        settings: whose tokens are taken.
        clock: gives seconds, for how long keys are kept.
        now: gives the seconds since 1970, for what tokens say of time.
    """

    def __init__(self, name: str, settings: Jwt, clock: Clock, now: Callable[[], float]) -> None:
        self._name = name
        self._settings = settings
        self._now = now
        self._keys = Keys(settings, clock)
        self._known = Known()

    def identify(self, headers: Mapping[str, str]) -> Conversation[Verified]:
        """Give what the token of a request says.

        Args:
            headers: the request's, names in lower case.

        Raises:
            CallerRefused: 401 without a good token, 403 if it lacks scopes, and 503 while no token can be checked.
        """
        token = bearer_token(headers)
        if token is None:
            raise no_token(self._name)
        try:
            said = yield from self._said(token)
        except TokenRefused as refused:
            raise bad_token(self._name, str(refused)) from None
        except KeysUnavailable as unavailable:
            raise keys_unavailable(unavailable.retry_after) from None
        except TimeoutError:
            raise keys_unavailable(_WAITED) from None
        if not said.scopes.issuperset(self._settings.scopes):
            raise scopes_missing(self._name, self._settings.scopes)
        return said

    def _said(self, token: str) -> Conversation[Verified]:
        keys = yield from self._keys.current()
        if (known := self._known.get(token, keys.digest, self._now())) is not None:
            return known
        try:
            said = verified(token, keys, self._settings, self._now())
        except UnknownKey:
            keys = yield from self._keys.after_unknown(keys)
            said = verified(token, keys, self._settings, self._now())
        self._known.put(token, keys.digest, said)
        return said


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """Give the token of a request (RFC 6750, section 2.1); None if it has none.

    Args:
        headers: the request's, names in lower case.
    """
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
