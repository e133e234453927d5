"""OAuth 2.0 client credentials (RFC 6749, section 4.4): tokens asked for, kept while they are good, one at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Self
from urllib.parse import quote_plus, urlencode

import orjson
from pydantic import SecretStr

from fanin.config.auth import OAuth2
from fanin.config.tls import Tls
from fanin.credentials.auth.credentials import basic, text_of
from fanin.credentials.auth.own_tls import OwnTls
from fanin.credentials.flows import Conversation, OneAtATime, SendRequest
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.call import Request, Response
from fanin.engine.outcome import Clock
from fanin.errors import SecretUnavailable, SourceError, SourceUnavailable
from fanin.sources.decoders.json import without_mark
from fanin.sources.http.failures import what_broke

LEEWAY = 30.0
"""Seconds before its end at which a token is used no more, or half of its life where that is shorter."""
LIFE = 300.0
"""Seconds for which a token is kept whose server does not say how long it is good."""

_LATER = frozenset((408, 425, 429))


class TokenRefused(Exception):
    """The server does not take the client's id and secret."""


@dataclass(frozen=True, slots=True)
class _Kept:
    token: SecretStr
    until: float


@dataclass(frozen=True, slots=True)
class TokenServer:
    """Where a source's tokens come from.

    Args:
        settings: how it is asked.
        tls: how it and fanin know each other; None for the public authorities and no certificate. A token may be bound
            to the certificate that it was asked for with (RFC 8705).
    """

    settings: OAuth2
    tls: Tls | None = None

    @classmethod
    def of(cls, settings: OAuth2, tls: Tls | None) -> Self:
        """Make that of a source, which has some `tls` or none."""
        return cls(settings, tls if settings.tls == "source" else None)


class Tokens:
    """The tokens of this process; sources with the same server, asked in the same way, share one.

    Args:
        redaction: is told every token.
        clock: gives seconds.
        own_tls: the contexts of TLS that sources have of their own.
    """

    def __init__(self, redaction: Redaction, clock: Clock, own_tls: OwnTls) -> None:
        self._redaction = redaction
        self._clock = clock
        self._own_tls = own_tls
        self._kept: dict[TokenServer, _Kept] = {}

    def token(
        self, source: str, server: TokenServer, secrets: Mapping[str, SecretStr], refused: SecretStr | None = None
    ) -> Conversation[SecretStr]:
        """Give a token: the one that is kept, or a new one.

        Args:
            source: the source that it is for, which errors name.
            server: whom to ask, and how.
            secrets: the values of the source's secrets.
            refused: a token that the source has refused, so that another is asked for.

        Raises:
            TokenRefused: the server does not take id and secret.
            TlsRefused: the secrets of its `tls` are no certificate or key.
            SourceError: there is no token for another reason.
        """
        if (kept := self._good(server, refused)) is not None:
            return kept
        token: SecretStr = yield OneAtATime((self, server), self._new(source, server, secrets, refused))
        return token

    def _good(self, server: TokenServer, refused: SecretStr | None) -> SecretStr | None:
        kept = self._kept.get(server)
        return kept.token if kept and self._clock() < kept.until and kept.token != refused else None

    def _new(
        self, source: str, server: TokenServer, secrets: Mapping[str, SecretStr], refused: SecretStr | None
    ) -> Conversation[SecretStr]:
        if (kept := self._good(server, refused)) is not None:  # another got it while this one waited for its turn
            return kept
        request = _request(server.settings, secrets, self._redaction)
        if server.tls:
            request = replace(request, tls=self._own_tls.context(server.tls, secrets))
        try:
            response: Response = yield SendRequest(request)
        except SourceUnavailable as error:
            raise SourceUnavailable(source, f"the server of {source}'s tokens {what_broke(error)}") from error
        token, life = _read(source, server.settings, response)
        self._redaction.learn(f"token of {source}", token)
        # A token that is good for no time is used for this call only: it is past in the moment in which it is kept.
        self._kept[server] = _Kept(SecretStr(token), self._clock() + life - min(LEEWAY, life / 2))
        return self._kept[server].token


def _request(settings: OAuth2, secrets: Mapping[str, SecretStr], redaction: Redaction) -> Request:
    form = {"grant_type": "client_credentials"}
    form |= {name: value for name, value in (("scope", settings.scope), ("audience", settings.audience)) if value}
    client_id, client_secret = text_of(settings.client_id, secrets), text_of(settings.client_secret, secrets)
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    if settings.client_auth == "basic":
        coded = basic(quote_plus(client_id), quote_plus(client_secret))  # RFC 6749, section 2.3.1
        redaction.learn("basic", coded)
        headers.append(("Authorization", f"Basic {coded}"))
    else:
        form |= {"client_id": client_id, "client_secret": client_secret}
    return Request("POST", settings.token_url.expand({}), tuple(headers), urlencode(form).encode())


def _read(source: str, settings: OAuth2, response: Response) -> tuple[str, float]:
    """Read a token and the seconds that it is good for (RFC 6749, section 5).

    Servers write null, or an empty text, for what they do not say, and seconds as a text.
    """
    if response.status in _LATER or response.status >= 500:
        raise SourceUnavailable(source, f"the server of {source}'s tokens answered with status {response.status}")
    if not 200 <= response.status < 300:
        raise TokenRefused
    try:
        told = orjson.loads(without_mark(response.body))
        token, kind, life = told["access_token"], told.get("token_type"), told.get("expires_in")
        seconds = LIFE if life in (None, "") else float(life)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        raise _no_token(source) from None
    usable = isinstance(token, str) and token and token.isascii() and token.isprintable() and " " not in token
    if not usable or not isfinite(seconds) or isinstance(life, bool):
        raise _no_token(source)
    if kind not in (None, ""):
        expected = settings.token_type
        if not isinstance(kind, str) or kind.lower() not in {"bearer", expected.lower()}:
            raise SecretUnavailable(source, f"the server of {source}'s tokens gave one of another type than {expected}")
    return token, max(0.0, seconds)


def _no_token(source: str) -> SourceError:
    return SecretUnavailable(source, f"the server of {source}'s tokens answered with something that is no bearer token")
