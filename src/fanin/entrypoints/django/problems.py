"""How what a view raises, or Django itself refuses, becomes an answer of the contract."""

import logging

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from fanin.contract import answers
from fanin.engine.refusals import unknown_path
from fanin.entrypoints.django.endpoints import keep_segments
from fanin.entrypoints.django.respond import invocation_of, respond
from fanin.errors import RequestError


class Problems(MiddlewareMixin):
    """Middleware that answers where a view refuses a request; whatever else it raises is left to Django.

    It also keeps an encoded slash in a path's segment from separating two.
    """

    def process_request(self, request: HttpRequest) -> None:
        """See to the path before Django resolves it."""
        keep_segments(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a refusal."""
        if isinstance(error, RequestError):
            return respond(answers.refusal(error, invocation_of(request).request_id))
        return None


def is_unexpected(record: logging.LogRecord) -> bool:
    """Say whether a line of Django's log tells more than the line that each request has: an exception, above all."""
    return record.exc_info is not None


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - as Django calls it
    """Answer for a path that no pattern has: Django's `handler404`."""
    return respond(answers.refusal(unknown_path(), invocation_of(request).request_id))


def failed(request: HttpRequest) -> HttpResponse:
    """Answer for fanin's own faults, which Django has logged: Django's `handler500`."""
    return respond(answers.internal_error(invocation_of(request).request_id))
