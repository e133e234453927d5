"""One call's conversation with its source: secrets and credentials put in, and put in anew where they are refused."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import SecretStr

from fanin.aws.credentials import Credentials
from fanin.aws.endpoint import region_of
from fanin.aws.errors import AwsUnavailable
from fanin.aws.sigv4 import sign
from fanin.config import Source
from fanin.config.auth import SigV4
from fanin.config.kinds.sql import PASSWORD
from fanin.config.login import Login
from fanin.config.mistake import Mistake
from fanin.config.template import RefusedValue
from fanin.config.tls import check_secured
from fanin.credentials.auth.credentials import with_credentials, with_header, with_secrets
from fanin.credentials.auth.database_token import database_token
from fanin.credentials.auth.own_tls import OwnTls
from fanin.credentials.auth.tokens import TokenRefused, Tokens, TokenServer
from fanin.credentials.flows import Conversation, SendRequest
from fanin.credentials.secrets.redaction import Redaction
from fanin.credentials.secrets.vault import SecretMissing, Vault
from fanin.engine.call import Call, Request, Response
from fanin.engine.outcome import Clock
from fanin.errors import SecretUnavailable, ValueRefused
from fanin.sources.tls import TlsRefused

_REFUSED = 401


def needs_authentication(source: Source) -> bool:
    """Tell whether a source's requests go out otherwise than they are."""
    return bool(source.auth or source.sealed or source.tls or source.login)


@dataclass(frozen=True, slots=True)
class _Held:
    """What a request is made with."""

    secrets: Mapping[str, SecretStr]
    token: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Talks to sources that want to know who asks.

    Args:
        vault: the secrets.
        tokens: the tokens.
        redaction: is told what is made of secrets.
        environment: where the function's own credentials are.
        now: gives the time, in UTC.
        clock: the clock of calls' times.
        own_tls: the TLS contexts of sources that have their own.
    """

    vault: Vault
    tokens: Tokens
    redaction: Redaction
    environment: Mapping[str, str] = field(repr=False)
    now: Callable[[], datetime]
    clock: Clock
    own_tls: OwnTls = field(repr=False)

    def ask(self, call: Call) -> Conversation[Response]:
        """Make a call's request; where the source answers with 401, once more, if there are newer secrets or tokens.

        Args:
            call: the call; its deadline bounds what secrets are waited for.

        Raises:
            SecretUnavailable: a secret or token is missing, or is no certificate or key where it has to be one.
            ValueRefused: a secret may not stand where it is referred to.
            SourceError: what making the request raises.
        """
        try:
            held = yield from self._held(call)
        except SecretMissing as missing:
            raise _unavailable(call.source, str(missing)) from None
        except TlsRefused as refused:
            detail = f"the tls of {call.source.name} has no certificate or key that can be used"
            raise _unavailable(call.source, f"tls of source {call.source.name!r}: {refused}", detail) from None
        response: Response = yield SendRequest(self._request(call, held))
        if response.status == _REFUSED and (again := (yield from self._again(call, held))):
            call.span.replayed(self.clock())
            response = yield SendRequest(again)
        return response

    def _again(self, call: Call, held: _Held) -> Conversation[Request | None]:
        """Make the request with what is newer than what the source has refused; None if nothing is."""
        try:
            newer = yield from self._newer(call, held)
            return None if newer == held else self._request(call, newer)
        except TlsRefused:
            return None

    def _fitting(self, call: Call) -> Conversation[Mapping[str, SecretStr]]:
        """Give secrets whose certificates and keys belong together; others may have been replaced one by one.

        Raises:
            TlsRefused: they do not, and there are none newer.
        """
        source, tls = call.source, call.source.tls
        secrets = yield from self.vault.values(source.secrets, call.deadline)
        if tls is None:
            return secrets
        try:
            self.own_tls.context(tls, secrets)
        except TlsRefused:
            newer = yield from self.vault.renewed(source.secrets, secrets, call.deadline)
            self.own_tls.context(tls, newer)
            return newer
        return secrets

    def _held(self, call: Call) -> Conversation[_Held]:
        source = call.source
        secrets = yield from self._fitting(call)
        if not (source.auth and source.auth.oauth2):
            return _Held(secrets)
        server = TokenServer.of(source.auth.oauth2, source.tls)
        try:
            token = yield from self.tokens.token(source.name, server, secrets)
        except TokenRefused:
            return (yield from self._after_rotation(call, server, secrets))
        return _Held(secrets, token)

    def _after_rotation(
        self, call: Call, server: TokenServer, secrets: Mapping[str, SecretStr], refused: SecretStr | None = None
    ) -> Conversation[_Held]:
        """Ask for a token once more, with secrets that are newer than those which its server has refused."""
        name = call.source.name
        newer = yield from self.vault.renewed(call.source.secrets, secrets, call.deadline)
        if newer != secrets:
            with suppress(TokenRefused):
                return _Held(newer, (yield from self.tokens.token(name, server, newer, refused)))
        detail = f"the server of {name}'s tokens does not take its client's id and secret"
        raise SecretUnavailable(name, detail) from None

    def _newer(self, call: Call, held: _Held) -> Conversation[_Held]:
        """Look for newer secrets, and a newer token; where there are none, what is held stays."""
        source = call.source
        try:
            if not (held.token and source.auth and source.auth.oauth2):
                return _Held((yield from self.vault.renewed(source.secrets, held.secrets, call.deadline)))
            server = TokenServer.of(source.auth.oauth2, source.tls)
            try:
                token = yield from self.tokens.token(source.name, server, held.secrets, held.token)
            except TokenRefused:
                return (yield from self._after_rotation(call, server, held.secrets, held.token))
            return _Held(held.secrets, token)
        except (SecretMissing, SecretUnavailable):
            return held

    def _request(self, call: Call, held: _Held) -> Request:
        source = call.source
        try:
            request = with_secrets(call.request, held.secrets)
            if source.login:
                return self._logged_in(request, source, source.login)
            if source.tls:
                _check_scheme(source, request)
                request = replace(request, tls=self.own_tls.context(source.tls, held.secrets))
            if not source.auth:
                return request
            request = with_credentials(request, source.auth, held.secrets, self.redaction)
        except RefusedValue as refused:
            raise refused.error_of(source.name) from None
        if held.token:
            request = with_header(request, "Authorization", f"Bearer {held.token.get_secret_value()}")
        return self._signed(request, source, source.auth.sigv4) if source.auth.sigv4 else request

    def _signed(self, request: Request, source: Source, settings: SigV4) -> Request:
        try:
            credentials = Credentials.of(self.environment)
            region = settings.region or region_of(self.environment)
        except AwsUnavailable as error:
            raise _unavailable(source, str(error)) from None
        return sign(request, credentials=credentials, service=settings.service, region=region, now=self.now())

    def _logged_in(self, request: Request, source: Source, login: Login) -> Request:
        """Put a token in place of a database's password."""
        try:
            credentials, region = Credentials.of(self.environment), region_of(self.environment)
        except AwsUnavailable as error:
            raise _unavailable(source, str(error)) from None
        token = database_token(login, credentials, region, self.now())
        return with_header(request, PASSWORD, token)


def _check_scheme(source: Source, request: Request) -> None:
    """Refuse a URL from a value that would go without the TLS that its source has."""
    try:
        check_secured(request.url)
    except Mistake:
        raise ValueRefused(source.name, f"{source.name} has tls, and its URL would be plain http") from None


def _unavailable(source: Source, reason: str, detail: str = "") -> SecretUnavailable:
    error = SecretUnavailable(source.name, detail or f"a secret of {source.name} is missing")
    error.reason = reason
    return error
