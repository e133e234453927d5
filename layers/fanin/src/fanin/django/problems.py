"""How what a view raises, or Django itself refuses, becomes an answer of the contract."""

import logging

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from fanin import contract
from fanin.django.respond import invocation_of, respond
from fanin.errors import RequestError, unknown_path

logger = logging.getLogger("fanin")


class Problems(MiddlewareMixin):
    """Middleware that answers where a view raises: with the refusal, or as for any fault of fanin's own."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """Answer for an exception."""
        request_id = invocation_of(request).request_id
        if isinstance(error, RequestError):
            return respond(contract.refusal(error, request_id))
        logger.error("internal error", exc_info=error)
        return respond(contract.internal_error(request_id))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - as Django calls it
    """Answer for a path that no pattern has: Django's `handler404`."""
    return respond(contract.refusal(unknown_path(), invocation_of(request).request_id))


def failed(request: HttpRequest) -> HttpResponse:
    """Answer for an exception outside the views: Django's `handler500`."""
    return respond(contract.internal_error(invocation_of(request).request_id))
