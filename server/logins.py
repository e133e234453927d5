"""Logins, throttled: whoever guesses passwords has few guesses in a while."""

from typing import TYPE_CHECKING, Any, override

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from fanin.contract import answers
from fanin.entrypoints.django.respond import invocation_of, respond
from server.attempts import Attempts, TooManyAttempts

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_ATTEMPTS = Attempts()


class ThrottledBackend(ModelBackend):
    """Django's users, whose passwords cannot be guessed at will, whatever view asks for them."""

    @override
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> "User | None":
        """Check a password.

        Raises:
            TooManyAttempts: it is not looked at.
        """
        # The address of the connection: what a header says of it, anybody can say.
        name, address = username or "", str(request.META.get("REMOTE_ADDR", "")) if request else ""
        _ATTEMPTS.begin(name, address)
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            _ATTEMPTS.succeeded(name, address)
        return user

    @override
    async def aauthenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> "User | None":
        """Check a password likewise."""
        return await sync_to_async(self.authenticate)(request, username, password, **kwargs)


class Throttled(MiddlewareMixin):
    """Middleware that answers for a login that is not tried, with 429 and `Retry-After`."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer."""
        if not isinstance(error, TooManyAttempts):
            return None
        response = respond(answers.refusal(error, invocation_of(request).request_id))
        response["Retry-After"] = str(max(1, -int(-error.seconds // 1)))
        return response
